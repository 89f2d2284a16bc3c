// Which step is shown, and how one gets to another.

let here = null;
const button = id => document.getElementById(id);

// "cpu0 (parent) in get_user_pages_fast(): takes a reference to page A", for eyes and ears.
function tellStep(step) {
  if (step === 0) return [`The start.`, violated(0) ? `Violated from the start.` : ''];
  const one = data.told[step - 1];
  const done = one.sentences.length > 0 ? one.sentences.join('; ') : one.text;
  const starts = one.starts && trace.steps[step - 1].kind === 'start' ? ` starts ${one.starts};` : '';
  const where = one.function ? ` in ${one.function}` : '';
  return [`${one.who}${starts}${where}: ${done}.`,
    step === data.violation ? `Violated: ${trace.explanation || trace.property.name}.`
      : step === deciding[0] ? `With step ${deciding[1]} before this, the property would hold.`
        : step === deciding[1] ? `With this before step ${deciding[0]}, the property would hold.` : ''];
}

function showTell(step) {
  const [what, so] = tellStep(step);
  const thread = step > 0 ? threadClass(trace.steps[step - 1].thread) : '';
  document.getElementById('tell').replaceChildren(
    element('a', {class: `count ${thread}`, href: `#step=${step}`, title: 'a link to this step',
      text: `Step ${step} of ${last}`}), ' ',
    element('span', {text: what}), ...(so ? [' ', element('strong', {
      class: step === data.violation ? 'bad' : 'mark', text: so})] : []));
  document.getElementById('state-of').textContent = step === 0 ? 'at the start' : `after step ${step}`;
}

function showControls(step) {
  const slider = document.getElementById('slider');
  slider.value = step;
  slider.setAttribute('aria-valuetext', `${step} of ${last}: ${tellStep(step)[0]}`);
  button('to-start').disabled = button('back').disabled = step === 0;
  button('to-end').disabled = button('next').disabled = step === last;
}

function go(wanted) {
  const step = Math.min(Math.max(wanted, 0), last);
  if (step === here) return;
  const was = here;
  here = step;
  document.documentElement.dataset.step = step;
  showTell(step);
  showControls(step);
  showLanes(step, was);
  showState(step);
  showSource(step);
  showProperty(step);
  if (stepOfAddress() !== step) setAddress(step);
}

const stepOfAddress = () => {
  const found = /^#step=(\d+)$/.exec(location.hash);
  return found ? Math.min(Number(found[1]), last) : null;
};

// Not each step is a page to come back to; and a reader in a frame may not be allowed it.
let addressTimer = null;
function setAddress(step) {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => {
    try {
      history.replaceState(null, '', `#step=${step}`);
    } catch {
      // The page works without.
    }
  }, 150);
}

const toViolation = () => data.violation !== null && go(data.violation);
const toDecision = () => deciding.length > 0 && go(here === deciding[0] ? deciding[1] : deciding[0]);

const keys = {
  ArrowLeft: () => go(here - 1),
  ArrowRight: () => go(here + 1),
  Home: () => go(0),
  End: () => go(last),
  v: toViolation,
  d: toDecision,
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches('select, input[type=range]') && event.key.length > 1) return;
  if (!Object.hasOwn(keys, event.key)) return;
  keys[event.key]();
  event.preventDefault();
}

// A small map of the schedule above the slider: who acts when, and what matters.
function buildTicks() {
  const svg = document.getElementById('ticks');
  svg.setAttribute('viewBox', `0 0 ${Math.max(last, 1)} ${lanes.length}`);
  const numbers = new Map(lanes.map((lane, index) => [lane.name, index]));
  for (const [step, name] of [...deciding.map(step => [step, 'mark']), [data.violation, 'bad']])
    if (step !== null)
      svg.append(svgElement('rect', {x: step - 0.5, y: 0, width: 1, height: lanes.length, class: name}));
  trace.steps.forEach((step, i) => svg.append(svgElement('rect', {
    x: i + 0.6, y: numbers.get(step.thread) + 0.2, width: 0.8, height: 0.6, class: threadClass(step.thread)})));
}

// The panels take what the window has below what stands above them.
function fillWindow() {
  const above = document.querySelector('main').getBoundingClientRect().top + scrollY;
  document.documentElement.style.setProperty('--above', `${Math.round(above)}px`);
}

function start() {
  buildHeader();
  buildLanes();
  buildState();
  buildSource();
  buildProperty();
  buildStory();
  buildAbout();
  buildTicks();
  colours(document.getElementById('theme'));
  document.getElementById('page').hidden = false;
  const slider = document.getElementById('slider');
  slider.max = last;
  slider.addEventListener('input', () => go(Number(slider.value)));
  const clicks = {'to-start': keys.Home, back: keys.ArrowLeft, next: keys.ArrowRight,
    'to-end': keys.End, 'to-violation': toViolation, 'to-decision': toDecision};
  for (const [id, action] of Object.entries(clicks)) button(id).addEventListener('click', action);
  button('to-violation').hidden = data.violation === null;
  button('to-decision').hidden = deciding.length === 0;
  document.getElementById('ghosts').addEventListener('change', event => {
    document.getElementById('state').classList.toggle('with-ghosts', event.target.checked);
    drawArrows(here);
  });
  document.addEventListener('keydown', onKey);
  addEventListener('hashchange', () => stepOfAddress() !== null && go(stepOfAddress()));
  new ResizeObserver(() => here !== null && drawArrows(here)).observe(document.getElementById('state'));
  new ResizeObserver(fillWindow).observe(document.getElementById('transport'));
  go(stepOfAddress() ?? data.at);
}

document.addEventListener('DOMContentLoaded', start);
