// What `cowcheck explain` tells, with links to the steps; and what the trace is.

const stepLink = (step, text) => element('a', {href: `#step=${step}`, text: text ?? `step ${step}`});

// "(step 17, v5.9.cow:68:5)" leads to the step.
function withLinks(text, node) {
  for (const piece of text.split(/(step \d+)/)) {
    const number = /^step (\d+)$/.exec(piece);
    if (number && Number(number[1]) <= last) node.append(stepLink(Number(number[1]), piece));
    else node.append(piece);
  }
  return node;
}

function happening(one) {
  const thread = trace.steps[one.first - 1].thread;
  const range = one.first === one.last ? `step ${one.first}` : `steps ${one.first} to ${one.last}`;
  return element('li', {class: threadClass(thread)},
    element('b', {text: `[${one.operation}] ${thread}, `}), stepLink(one.first, range), element('br'),
    one.text);
}

function buildStory() {
  const box = document.getElementById('story');
  const story = data.story;
  if (!story) {
    document.getElementById('why').hidden = true;
    return;
  }
  const happens = element('div', {},
    element('h3', {text: 'What happens'}),
    story.needs ? element('p', {text: story.needs}) : null,
    element('ol', {class: 'happens'}, ...story.happens.map(happening)),
    element('p', {class: 'ending', text: story.ending}));
  const decides = element('div', {},
    element('h3', {text: 'What decides'}),
    ...story.decides.map(text => withLinks(text, element('p'))),
    element('h3', {text: 'Essential steps'}),
    element('p', {text: story.about_essential}),
    element('ul', {}, ...story.essential.map(one => withLinks(one.text, element('li')))));
  box.append(happens, decides);
}

// A word of a shell's command line.
const shellWord = text => /^[\w./:=+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

function findAgain() {
  const named = text => shellWord(text.path || text.name);
  return `cowcheck --design ${named(trace.design)} --world ${named(trace.world)}` +
    ` --property ${shellWord(trace.property.name)} --depth ${trace.depth}` +
    ` --concurrency ${trace.concurrency}`;
}

const boundsText = () => `depth ${trace.depth}, concurrency ${trace.concurrency}`;
const titled = text => text.title ? `${text.name}: ${text.title}` : text.name;

function saveLink() {
  const link = element('a', {href: '#', download: `${trace.design.name}-${trace.world.name}-${trace.property.name}.json`,
    text: 'save the trace'});
  link.addEventListener('click', () => {
    const blob = new Blob([`${JSON.stringify(trace, null, 2)}\n`], {type: 'application/json'});
    link.href = URL.createObjectURL(blob);
  });
  return link;
}

function buildAbout() {
  const facts = [
    ['design', titled(trace.design)],
    ['world', titled(trace.world)],
    ['property', `${trace.property.name}: ${trace.property.meaning}`],
    ['bounds', boundsText()],
    ['outside', data.outside],
    ['length', `${counted(trace.operations, 'operation')}, ${counted(trace.steps.length, 'step')}`],
    ['replay it', element('span', {}, element('code', {text: data.command}), ' (', saveLink(), ')')],
    ['find it again', element('code', {text: findAgain()})],
    ['cowcheck', trace.cowcheck],
  ];
  for (const [name, value] of facts)
    if (value) document.getElementById('facts').append(element('dt', {text: name}), element('dd', {}, value));
}

function buildHeader() {
  const other = data.design === trace.design.name ? '' : ` (of ${trace.design.name})`;
  const verb = data.outcome ? ' has the ' : data.violation === null ? `${other} keeps ` : `${other} violates `;
  document.getElementById('title').append(data.design,
    element('span', {class: 'verb', text: verb}), trace.property.name);
  document.getElementById('subtitle').append(
    ...[`${titled(trace.design)}. World ${titled(trace.world)}. `,
      `${counted(trace.operations, 'operation')}, ${counted(trace.steps.length, 'step')} (${boundsText()}). `],
    element('code', {text: data.command}));
  const told = data.outcome ? last : data.violation;
  if (told !== null && trace.explanation)
    document.getElementById('explanation').append(stepLink(told, `Step ${told}`), `: ${trace.explanation}.`);
  const problem = document.getElementById('problem');
  const notes = data.replay.notes.length > 0 ? ` ${data.replay.notes.join('; ')}.` : '';
  if (data.replay.verdict !== 'ok' || notes) {
    problem.textContent = `Replay: ${data.replay.message}.${notes}`;
    problem.hidden = false;
  }
}
