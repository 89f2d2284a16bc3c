// The state: processes with their page tables, TLBs and pins on the left, frames on the right,
// and a line from whoever names a frame to it. Every cell is one field of one element.

const cells = [];
const anchors = new Map();  // by an arrow's `from`: the row that it begins at
const frames = new Map();   // by a frame's name: its card

const arrowWords = {
  pte: 'PTE', pmd: 'huge PMD', migration: 'migration entry', swap: 'swap entry',
  spte: 'secondary MMU', pin: 'pin', tlb: 'TLB entry', stale: 'stale TLB entry', lru_batch: 'LRU batch',
};

const ofScope = scope => [...elements.values()].filter(one => one.scope === scope);

// Fields that some element of the kind ever has something to say in; the others are left out.
const told = (() => {
  const list = new Map();
  for (const one of elements.values()) {
    if (!list.has(one.scope)) list.set(one.scope, new Set());
    for (const field of one.fields)
      if (ever(step => exists(step, one) && !isPlain(valueOf(step, one, field.name))))
        list.get(one.scope).add(field.name);
  }
  return list;
})();

// A flag is a word that is on or off; anything else has its name before it.
function cell(of, field, options = {}) {
  const ghost = of.fields[of.at.get(field) - 1].ghost;
  const flag = typeof data.points[0].state[of.index][of.at.get(field)] === 'boolean';
  const node = element('span', {
    class: `${flag ? 'flag' : 'value'}${ghost ? ' ghost' : ''}${options.class ? ` ${options.class}` : ''}`,
    'data-element': of.name, 'data-field': field,
  });
  cells.push({node, of, field, flag, label: options.label ?? field, shown: null});
  return node;
}

// Whether a page is there says the line to it; that a VMA covers a page goes without saying.
const implied = new Set(['pte present', 'spte present', 'tlb valid']);
if (!ever(step => ofScope('vma').some(vma => !exists(step, vma) &&
    valueOf(step, elements.get(vma.element.split('.vma[')[0]), 'life') === 'alive')))
  implied.add('vma mapped');

function cellsOf(of, except = []) {
  return of.fields.filter(field => told.get(of.scope).has(field.name) &&
    !implied.has(`${of.scope} ${field.name}`) && !except.includes(field.name))
    .map(field => cell(of, field.name));
}

function showCell(one, step, before) {
  const now = valueOf(step, one.of, one.field);
  const was = valueOf(before, one.of, one.field);
  const there = exists(step, one.of);
  const changed = was !== now && (there || exists(before, one.of));
  const key = `${words(was)}|${words(now)}|${changed}|${there}`;
  if (one.shown === key) return;
  one.shown = key;
  const {node} = one;
  node.classList.toggle('changed', changed);
  if (one.flag) {
    node.classList.toggle('on', now);
    node.classList.toggle('off', !now && !changed);
    node.textContent = changed ? `${now ? '+' : '-'}${one.label}` : one.label;
    node.setAttribute('data-now', words(now));
    if (!now) node.prepend(spoken(changed ? 'no longer ' : 'not '));
    return;
  }
  node.replaceChildren(one.label ? element('span', {class: 'label', text: `${one.label} `}) : '',
    changed ? element('span', {class: 'was', text: `${words(was)} → `}) : '',
    element('b', {class: 'now', text: words(now)}));
  node.classList.toggle('nothing', isPlain(now));
  node.classList.toggle('off', isPlain(now) && !changed);
}

const rowsOfState = [];

function stateRow(of, title, children, anchor) {
  const node = element('div', {class: 'row', role: 'listitem', 'data-row': of.name},
    element('span', {class: 'name', text: title}), ...children.filter(child => child !== null));
  rowsOfState.push({node, of});
  if (anchor) anchors.set(anchor, node);
  return node;
}

// The frame that it names.
const target = of => cell(of, 'page', {label: '→', class: 'target'});
const slotTitle = of => `va ${/\[(\d+)\]$/.exec(of.name)[1]}`;

function processCard(process) {
  const inside = scope => ofScope(scope).filter(one => one.element.startsWith(`${process.element}.`));
  const pmd = told.get('process').has('pmd') && process.at.has('pmd');
  const list = element('div', {role: 'list', class: 'rows'});
  const head = stateRow(process, process.element,
    [cell(process, 'life', {label: ''}), ...cellsOf(process, ['life', 'pmd'])]);
  head.classList.add('head');
  list.append(head);
  if (pmd) {
    const row = stateRow(process, 'PMD', [cell(process, 'pmd', {label: ''})], `${process.element}.pmd`);
    list.append(row);
  }
  const vmas = inside('vma');
  inside('pte').forEach((pte, index) => {
    list.append(stateRow(pte, slotTitle(pte),
      [target(pte), ...cellsOf(pte, ['page']), ...(vmas[index] ? cellsOf(vmas[index]) : [])], pte.name));
  });
  for (const spte of inside('spte'))
    if (ever(step => exists(step, spte)))
      list.append(stateRow(spte, `secondary MMU, ${slotTitle(spte)}`,
        [target(spte), ...cellsOf(spte, ['page'])], spte.name));
  return element('div', {class: 'card process'}, list);
}

function listCard(title, list) {
  if (list.length === 0) return null;
  return element('div', {class: 'card'}, element('h3', {text: title}),
    element('div', {role: 'list', class: 'rows'}, ...list));
}

function tlbRow(of) {
  const [, cpu] = /^(.*)\.tlb/.exec(of.name);
  const row = stateRow(of, `${cpu}, ${slotTitle(of)}`,
    [target(of), ...cellsOf(of, ['page']), element('span', {class: 'stale-why'})], of.name);
  row.classList.add(threadClass(cpu));
  return row;
}

function frameCard(page) {
  const list = element('div', {role: 'list', class: 'rows'});
  const slot = page.element === 'swap';
  const head = stateRow(page, slot ? 'swap slot' : page.element, [
    slot ? null : cell(page, 'kind', {label: ''}),
    cell(page, 'value', {label: 'holds', class: 'content'})]);
  head.classList.add('head');
  const rest = element('div', {class: 'row', role: 'listitem'}, ...cellsOf(page, ['kind', 'value']));
  list.append(head, rest);
  const card = element('div', {class: 'card frame', 'data-frame': page.element}, list);
  frames.set(page.element, card);
  return card;
}

function buildState() {
  const seen = scope => ofScope(scope).filter(one => ever(step => exists(step, one) ||
    (one.at.has('batch_valid') && valueOf(step, one, 'batch_valid'))));
  const holders = document.getElementById('holders');
  holders.append(...seen('process').map(processCard));
  for (const card of [listCard('TLBs', seen('tlb').map(tlbRow)),
    listCard('Pins', seen('pin').map(pin => stateRow(pin, pin.name,
      [target(pin), ...cellsOf(pin, ['page'])], pin.name)))])
    if (card) holders.append(card);
  holders.append(element('div', {class: 'card'}, element('h3', {text: 'Locks'}),
    element('ul', {id: 'locks'})));
  document.getElementById('frames').append(...seen('page').map(frameCard));
  const hows = new Set(data.points.flatMap(point => point.arrows.map(arrow => arrow[2])));
  if (ever(step => Object.keys(data.points[step].stale).length > 0)) hows.add('stale');
  for (const [how, text] of Object.entries(arrowWords))
    if (hows.has(how)) document.getElementById('legend').append(legendItem(how, text));
}

function legendItem(how, text) {
  const line = svgElement('svg', {width: 34, height: 10, 'aria-hidden': 'true'});
  line.append(svgElement('path', {d: 'M1 5 H33', class: `arrow ${how}`}));
  return element('li', {}, line, text);
}

function lockItem(lock, step, isNew) {
  const waiting = lanes.filter(lane => {
    const at = data.points[step].threads[threadNumber.get(lane.name)];
    return at && at.lock === lock.lock;
  }).map(lane => lane.name);
  return element('li', {class: isNew ? 'changed' : undefined},
    `${lock.lock}${lock.how ? ` ${lock.how}` : ''}: `,
    element('b', {class: threadClass(lock.thread), text: lock.thread}),
    waiting.length > 0 ? element('span', {class: 'bad', text: `, ${waiting.join(' and ')} waits`}) : null);
}

function showLocks(step, before) {
  const name = lock => `${lock.lock} ${lock.how} ${lock.thread}`;
  const had = new Set(data.points[before].locks.map(name));
  const list = data.points[step].locks.map(lock => lockItem(lock, step, !had.has(name(lock))));
  if (list.length === 0) list.push(element('li', {class: 'nothing', text: 'none is held'}));
  document.getElementById('locks').replaceChildren(...list);
}

function showState(step) {
  const before = Math.max(step - 1, 0);
  for (const one of cells) showCell(one, step, before);
  for (const {node, of} of rowsOfState) {
    node.classList.toggle('absent', !exists(step, of) && !isSwap(step, of));
    const why = data.points[step].stale[of.name];
    if (of.scope !== 'tlb') continue;
    node.classList.toggle('stale', why !== undefined);
    node.querySelector('.stale-why').textContent = why === undefined ? '' : `stale: ${why}`;
  }
  for (const [name, card] of frames)
    card.classList.toggle('absent', !exists(step, elements.get(`page ${name}`)));
  showLocks(step, before);
  drawArrows(step);
}

// A swap entry maps nothing, and is there all the same.
const isSwap = (step, of) => of.scope === 'pte' && of.at.has('swap') && valueOf(step, of, 'swap');

// ---------------------------------------------------------------- the lines

function curve(x1, y1, x2, y2) {
  const bend = Math.max(18, (x2 - x1) * 0.5);
  return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 7} ${y2}`;
}

function drawArrows(step) {
  const svg = document.getElementById('arrows');
  const box = document.getElementById('state').getBoundingClientRect();
  if (box.width === 0) return;
  const had = new Set((data.points[step - 1]?.arrows ?? data.points[step].arrows).map(String));
  const {stale, arrows} = data.points[step];
  const inTo = new Map();
  const drawn = [];
  for (const arrow of arrows) {
    const [from, page, how] = arrow;
    const row = anchors.get(from);
    const card = frames.get(page);
    if (!row || !card) continue;
    const a = row.getBoundingClientRect();
    const b = card.getBoundingClientRect();
    const nth = inTo.get(page) ?? 0;
    inTo.set(page, nth + 1);
    const y2 = b.top - box.top + 14 + ((nth * 9) % Math.max(9, b.height - 22));
    drawn.push({a, y2, x1: a.right - box.left, x2: b.left - box.left, y1: a.top - box.top + Math.min(13, a.height / 2),
      classes: `arrow ${how}${how === 'tlb' && stale[from] ? ' stale' : ''}${had.has(String(arrow)) ? '' : ' new'}`});
  }
  svg.setAttribute('width', box.width);
  svg.setAttribute('height', box.height);
  svg.replaceChildren(...drawn.flatMap(({x1, y1, x2, y2, classes}) => [
    svgElement('path', {d: curve(x1, y1, x2, y2), class: classes}),
    svgElement('path', {d: `M${x2} ${y2} l-8 -4 v8 z`, class: `${classes} tip`}),
  ]));
}
