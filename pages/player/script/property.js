// The property, clause by clause, with what each part is worth.

function buildProperty() {
  document.getElementById('property-name').textContent = data.outcome ? '' : trace.property.name;
  if (data.outcome) document.querySelector('#property h2').firstChild.data = 'Outcome ';
  document.getElementById('meaning').textContent = trace.property.meaning;
}

function verdictText(step) {
  if (data.outcome) return `${trace.explanation}.`;
  if (data.violation === null) return 'Nothing violates it.';
  if (step < data.violation) return `Not violated yet: step ${data.violation} does it.`;
  const who = step === data.violation ? 'Violated by this step' : `Violated by step ${data.violation}`;
  return `${who}: ${trace.explanation}.`;
}

function outcomeText(one) {
  if (one.holds) return one.sometimes ? 'reached' : 'holds';
  if (one.sometimes) return 'not reached';
  return one.happens ? 'is false' : 'would be false';
}

function partRow([depth, text], value, was) {
  const row = element('div', {class: 'part', role: 'listitem', style: `--depth: ${Math.min(depth, 12)}`},
    element('code', {text}));
  if (value === null) {
    row.classList.add('unseen');
    row.append(element('span', {class: 'value', text: 'not looked at'}));
  } else if (was !== null && was !== undefined && was !== value) {
    row.append(element('span', {class: 'value changed', text: `${was} → ${value}`}));
  } else {
    row.append(element('span', {class: 'value', text: value}));
  }
  return row;
}

function instanceNode(one, before) {
  const turned = before !== undefined && before.holds !== one.holds;
  const bad = !one.holds && !one.sometimes;
  const title = `${one.about}${one.happens ? '' : ', if it came now'}: `;
  const parts = data.clauses[one.clause];
  const known = before !== undefined && before.clause === one.clause;
  return element('div', {class: `clause${bad ? ' false' : ''}`},
    element('h3', {}, title,
      element('span', {class: `outcome${bad ? ' bad' : ''}`, text: outcomeText(one)}),
      turned ? element('span', {class: 'value changed', text: one.holds ? 'turns true' : 'turns false'}) : null),
    element('div', {class: 'parts', role: 'list'},
      ...parts.map((part, i) => partRow(part, one.values[i], known ? before.values[i] : null))));
}

function showProperty(step) {
  const verdict = document.getElementById('verdict');
  verdict.textContent = verdictText(step);
  verdict.classList.toggle('bad', violated(step));
  const before = step > 0 ? data.points[step - 1].property : [];
  const list = data.points[step].property.map(one =>
    instanceNode(one, before.find(other => other.about === one.about)));
  if (list.length === 0 && !data.outcome)
    list.push(element('p', {text: 'No clause of it is about anything that is there now.'}));
  document.getElementById('clauses').replaceChildren(...list);
}
