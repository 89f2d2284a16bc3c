// The design's text for every thread that acts: where it stands, and what it waits for.

const cards = new Map();

function buildText(file) {
  const code = element('code', {});
  file.text.split('\n').forEach((line, index) => {
    const node = element('span', {class: 'line', 'data-line': String(index + 1)});
    paintLine(line, node);
    code.append(node);
  });
  return code;
}

function buildSource() {
  const list = document.getElementById('threads');
  for (const lane of lanes) {
    if (lane.actor === 'device') continue;
    const title = lane.process ? `${lane.name} (${lane.process})` : lane.name;
    const card = {
      lane,
      texts: new Map(),
      file: null,
      marked: [],
      where: element('p', {class: 'where'}),
      pre: element('pre', {tabindex: '0', role: 'region', 'aria-label': `Source of ${title}`}),
      locals: element('p', {class: 'locals'}),
      waits: element('p', {class: 'waits'}),
    };
    card.node = element('article', {class: `thread ${threadClass(lane.name)}`, 'data-thread': lane.name},
      element('h3', {text: title}), card.where, card.pre, card.locals, card.waits);
    list.append(card.node);
    cards.set(lane.name, card);
  }
}

function textOf(card, number) {
  if (!card.texts.has(number)) card.texts.set(number, buildText(data.files[number]));
  return card.texts.get(number);
}

function mark(card, line, name, label) {
  const node = card.pre.querySelector(`[data-line="${line}"]`);
  if (!node) return null;
  node.classList.add(name);
  node.dataset.mark = label;
  card.marked.push(node);
  return node;
}

// The statement that the thread executes next, and, if it has just acted, the one it executed.
function showText(card, file, line, done) {
  for (const node of card.marked) {
    node.classList.remove('next', 'done');
    delete node.dataset.mark;
  }
  card.marked = [];
  if (card.file !== file) card.pre.replaceChildren(textOf(card, file));
  card.file = file;
  const ran = done === null ? null : mark(card, done, 'done', 'just done');
  const next = line === null ? ran : mark(card, line, 'next', done === line ? 'just done, and next' : 'next');
  const box = card.pre;
  const at = ran && next && Math.abs(ran.offsetTop - next.offsetTop) < box.clientHeight * 0.6
    ? Math.min(ran.offsetTop, next.offsetTop) : (next || ran || box).offsetTop;
  box.scrollTop = Math.max(0, at - box.clientHeight * 0.3);
}

const lineOf = place => Number(/:(\d+):\d+$/.exec(place || '')?.[1] ?? 0);

function showThread(card, step) {
  const at = data.points[step].threads[threadNumber.get(card.lane.name)];
  const acted = step > 0 && trace.steps[step - 1].thread === card.lane.name;
  const ran = acted && data.told[step - 1].file !== null
    ? {file: data.told[step - 1].file, line: lineOf(trace.steps[step - 1].place)} : null;
  card.node.classList.toggle('acted', acted);
  card.node.classList.toggle('idle', at === null && !acted);
  card.where.textContent = at === null ? 'idle' : `[${at.operation}] ${at.where}`;
  if (at !== null && at.file !== null)
    showText(card, at.file, at.line, ran !== null && ran.file === at.file ? ran.line : null);
  else if (ran !== null) showText(card, ran.file, null, ran.line);
  card.pre.hidden = at === null && ran === null;
  card.locals.textContent = at === null || at.locals.length === 0 ? ''
    : `locals: ${at.locals.map(([name, value]) => `${name} = ${value}`).join(', ')}`;
  const held = data.points[step].locks.filter(lock => lock.thread === card.lane.name)
    .map(lock => `${lock.lock}${lock.how ? ` ${lock.how}` : ''}`);
  if (held.length > 0)
    card.locals.textContent += `${card.locals.textContent ? '\n' : ''}holds ${held.join(', ')}`;
  card.waits.textContent = at === null || !at.waits ? '' : `can't go on: ${at.waits}`;
}

function showSource(step) {
  for (const card of cards.values()) showThread(card, step);
  document.getElementById('threads').scrollTop = 0;
}
