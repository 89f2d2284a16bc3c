// The schedule: a row for each step, a lane for each thread, with a bar as long as an operation
// of it is under way.

const rows = [];

function laneHead() {
  const head = element('tr', {},
    element('th', {scope: 'col', class: 'number'}, spoken('step')));
  for (const lane of lanes)
    head.append(element('th', {scope: 'col', class: `lane ${threadClass(lane.name)}`},
      element('span', {text: lane.name}), lane.process ? element('small', {text: lane.process}) : null));
  head.append(element('th', {scope: 'col', class: 'does', text: 'does'}),
    element('th', {scope: 'col', class: 'changes', text: 'what changes'}),
    element('th', {scope: 'col', class: 'place', text: 'where'}));
  return head;
}

// A thread's bar through the step, which begins where an operation starts and stops where it ends.
function laneCell(step, lane) {
  const acts = trace.steps[step - 1].thread === lane.name;
  const before = isBusy(step - 1, lane.name);
  const after = isBusy(step, lane.name);
  const classes = ['lane', threadClass(lane.name)];
  if (acts) classes.push('acts');
  if (before) classes.push('from-above');
  if (after) classes.push('goes-on');
  const cell = element('td', {class: classes.join(' ')});
  if (acts) cell.append(element('span', {class: 'dot'}, spoken(lane.name)));
  return cell;
}

// The handlers that the step enters, seen from where its operation was last.
function entered(step, paths) {
  const now = (trace.steps[step - 1].handler || '').split(' > ').filter(name => name !== '');
  const was = paths.get(trace.steps[step - 1].operation) || [];
  paths.set(trace.steps[step - 1].operation, now);
  let same = 0;
  while (same < now.length && same < was.length && now[same] === was[same]) ++same;
  return now.slice(Math.max(same, 1));
}

function badges(step) {
  const list = [];
  if (step === deciding[0]) list.push(element('strong', {class: 'badge', text: 'decides: first'}));
  if (step === deciding[1]) list.push(element('strong', {class: 'badge', text: 'decides: second'}));
  if (step === data.violation)
    list.push(element('strong', {class: 'badge bad', text: 'violates the property'}));
  return list;
}

function changesText(step) {
  const {changes = [], events = []} = trace.steps[step - 1];
  const list = changes.map(change => change.text);
  return list.length > 0 ? list : data.told[step - 1].sentences.slice(0, events.length);
}

function laneRow(step, paths) {
  const told = data.told[step - 1];
  const thread = threadClass(trace.steps[step - 1].thread);
  const does = element('td', {class: `does ${thread}`});
  if (told.starts && trace.steps[step - 1].kind === 'start')
    does.append(element('strong', {class: 'starts', text: told.starts}));
  const path = entered(step, paths);
  if (path.length > 0) does.append(element('em', {text: path.map(name => `${name}:`).join(' ')}));
  does.append(...badges(step), element('span', {class: 'text', text: told.text}));
  const number = element('a', {href: `#step=${step}`, tabindex: '-1', text: String(step)});
  number.prepend(spoken('step '));
  const row = element('tr', {}, element('th', {scope: 'row', class: 'number'}, number),
    ...lanes.map(lane => laneCell(step, lane)), does,
    element('td', {class: 'changes'}, ...changesText(step).map(text => element('div', {text}))),
    element('td', {class: 'place', text: trace.steps[step - 1].place || ''}));
  if (step === data.violation) row.classList.add('violates');
  row.addEventListener('click', event => {
    if (!event.target.closest('a') && String(getSelection()) === '') go(step);
  });
  return row;
}

function buildLanes() {
  const table = document.getElementById('lanes');
  table.classList.toggle('many', lanes.length > 3 || lanes.some(lane => lane.name.length > 6));
  table.tHead.append(laneHead());
  const start = element('tr', {},
    element('th', {scope: 'row', class: 'number'},
      element('a', {href: '#step=0', tabindex: '-1', text: '0'})),
    ...lanes.map(lane => element('td', {class: `lane ${threadClass(lane.name)}`})),
    element('td', {class: 'does', text: 'the start'}), element('td', {class: 'changes'}),
    element('td', {class: 'place'}));
  start.addEventListener('click', () => go(0));
  rows.push(start);
  const paths = new Map();
  for (let step = 1; step <= last; ++step) rows.push(laneRow(step, paths));
  table.tBodies[0].append(...rows);
}

function showLanes(step, was) {
  if (was !== null) {
    rows[was].removeAttribute('aria-current');
    rows[was].querySelector('a').tabIndex = -1;
  }
  rows[step].setAttribute('aria-current', 'step');
  rows[step].querySelector('a').tabIndex = 0;
  keepInSight(document.getElementById('schedule-scroll'), rows[step], 0.4);
}

// Scrolls the box, and not the page, until the node stands at that share of it.
function keepInSight(box, node, share) {
  if (box.scrollHeight <= box.clientHeight) return;
  const place = node.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
  box.scrollTop = place - box.clientHeight * share;
}
