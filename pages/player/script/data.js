// What the page shows, as cowcheck has computed it (docs/player.md). Nothing here knows how a
// kernel works: values are looked up and compared with those of the step before.

const data = JSON.parse(document.getElementById('data').textContent);
const trace = data.trace;
const last = data.points.length - 1;

// By name: where an element's values stand in a point's state, and its fields in them.
const elements = new Map(data.elements.map((element, index) => [element.name, {
  ...element,
  index,
  at: new Map(element.fields.map((field, i) => [field.name, i + 1])),
}]));

const exists = (step, element) => data.points[step].state[element.index][0];
const valueOf = (step, element, field) =>
  data.points[step].state[element.index][element.at.get(field)];

// In words, as cowcheck's texts have it.
function words(value) {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  return value === '' ? '-' : String(value);
}

// What nobody need be told: a flag that is off, a count of nothing.
const plain = new Set([false, 0, '', '-', 'none', 'even']);
const isPlain = value => plain.has(value);

// Whether something is ever so, in any state.
const ever = test => data.points.some((point, step) => test(step));

const element = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key === 'class') node.className = value;
    else if (key === 'text') node.textContent = value;
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
};

const svgElement = (name, attributes = {}) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
};

const spoken = text => element('span', {class: 'spoken', text});
const counted = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`;

// Colours of threads: CPUs have their own, services share one, and so do devices.
const threadClass = name => {
  const cpu = /^cpu(\d+)$/.exec(name);
  return cpu ? `thread-${Number(cpu[1]) % 3}` : name === 'device' ? 'thread-device' : 'thread-service';
};

// The threads that do something, CPUs first: the lanes.
const lanes = (() => {
  const acting = new Set(trace.steps.map(step => step.thread));
  const known = data.threads.filter(thread => acting.has(thread.name));
  const device = acting.has('device') ? [{name: 'device', actor: 'device', process: ''}] : [];
  const cpus = known.filter(thread => thread.actor === 'cpu');
  return [...cpus, ...known.filter(thread => thread.actor !== 'cpu'), ...device];
})();

const threadNumber = new Map(data.threads.map((thread, index) => [thread.name, index]));

// Whether an operation of the thread is under way after so many steps.
const isBusy = (step, name) => {
  const number = threadNumber.get(name);
  return number !== undefined && data.points[step].threads[number] !== null;
};

const violated = step => data.violation !== null && step >= data.violation;
const deciding = (data.story && data.story.deciding) || [];

// Texts of the design with a little colour: comments, and the words of the language.
const keywords = new Set(('if else loop for each in return retry continue break fail and or not ' +
  'implies true false lock unlock trylock irqs on off atomic get put pin unpin try copy of new ' +
  'flush tlb start end wait operation fault handler predicate design extends with none walk load ' +
  'store through reading writing').split(' '));

function paintLine(text, node) {
  const comment = text.indexOf('#');
  const code = comment < 0 ? text : text.slice(0, comment);
  for (const piece of code.split(/(\b[A-Za-z_]\w*\b)/)) {
    if (piece === '') continue;
    if (keywords.has(piece)) node.append(element('b', {text: piece}));
    else node.append(piece);
  }
  if (comment >= 0) node.append(element('i', {text: text.slice(comment)}));
}
