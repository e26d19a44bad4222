/**
 * The status page's script: draws the state that the event stream sends. It sets text alone, never markup,
 * so nothing that a check says can become part of the page.
 */
export const pageScript = `
'use strict'
const byId = (id) => document.getElementById(id)
const words = { pass: 'Passing', warn: 'Degraded', fail: 'Failing', pending: 'Not known yet' }
const signs = { pass: '\\u2713', warn: '!', fail: '\\u2715', pending: '\\u2026' }

function element(tag, className, ...children) {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.append(...children)
  return made
}

const stateOf = (status) => element('span', 'state ' + status, signs[status] + ' ' + words[status])
const percent = (share) => share === undefined ? 'no result yet' : (Math.floor(share * 10000) / 100) + ' % up'

function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const steps = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']]
  const [size, unit] = steps.find(([size]) => seconds >= size * 2) ?? [1, 's']
  return Math.floor(seconds / size) + ' ' + unit
}

function bars(history, slotMs) {
  const count = (letter) => history.split(letter).length - 1
  const line = element('div', 'bars', ...[...history].map((letter) => element('span', letter === '-' ? '' : letter)))
  line.setAttribute('role', 'img')
  line.setAttribute('aria-label', 'The last ' + duration(slotMs * history.length) + ' in ' + history.length +
    ' parts: ' + count('p') + ' passing, ' + count('w') + ' degraded, ' + count('f') + ' failing, ' +
    count('-') + ' without a result')
  return line
}

const valueOf = ({ name, componentId, observedValue, observedUnit }) => {
  const unit = observedUnit === 'percent' ? ' %' : observedUnit ? ' ' + observedUnit : ''
  const label = componentId === undefined ? name : name + ' ' + componentId
  return element('li', 'soft', label + ' ', element('b', '', String(observedValue) + unit))
}

function checkOf(check, state) {
  const facts = [check.criticality]
  if (check.durationMs !== undefined) facts.push(Math.round(check.durationMs * 10) / 10 + ' ms')
  if (check.checkedAt !== undefined) facts.push(duration(state.now - check.checkedAt) + ' ago')
  const item = element('li', '',
    element('div', 'row', element('h3', '', check.name), stateOf(check.status)),
    bars(check.slots, state.slotMs),
    element('div', 'row',
      element('span', 'soft', facts.join(' \\u00b7 ')), element('span', 'soft', percent(check.upShare))))
  if (check.output !== undefined && check.status !== 'pass') item.append(element('p', '', check.output))
  const values = check.measurements.filter(({ observedValue }) => observedValue !== undefined)
  if (values.length > 0) item.append(element('ul', 'values', ...values.map(valueOf)))
  return item
}

function changeOf({ at, check, from, to }) {
  const time = element('time', '', new Date(at).toLocaleString())
  time.dateTime = new Date(at).toISOString()
  return element('tr', '', element('td', '', time), element('th', '', check), element('td', '', words[from]),
    element('td', '', stateOf(to)))
}

function draw(state) {
  const { service, overall } = state
  const name = service.description ?? service.serviceId
  byId('title').textContent = name ?? 'Service health'
  byId('release').textContent = [service.version, service.releaseId].filter(Boolean).join(' \\u00b7 ')
  document.title = words[overall.status] + (name === undefined ? '' : ' \\u2013 ' + name)
  byId('overall').className = 'card overall ' + overall.status
  const told = signs[overall.status] + ' ' + (state.draining ? 'Draining' : words[overall.status])
  // Only when it changes: a screen reader says it again each time it is set.
  if (byId('state').textContent !== told) byId('state').textContent = told
  byId('state').className = 'state ' + overall.status
  byId('history').replaceChildren(bars(overall.slots, state.slotMs))
  byId('span').textContent = 'The last ' + duration(state.slotMs * overall.slots.length)
  byId('up').textContent = percent(overall.upShare)
  byId('groups').replaceChildren(...['startup', 'readiness', 'health'].map((group) =>
    element('li', 'soft', group + ' ', element('b', '', words[state[group]].toLowerCase()))),
    element('li', 'soft', 'running for ', element('b', '', duration(state.now - state.startedAt))))
  byId('checks').replaceChildren(...state.checks.map((check) => checkOf(check, state)))
  byId('none').hidden = state.checks.length > 0
  byId('changes').replaceChildren(...state.changes.map(changeOf))
  byId('unchanged').hidden = state.changes.length > 0
  byId('table').hidden = state.changes.length === 0
}

const source = new EventSource(location.pathname.replace(/\\/$/, '') + '/events')
source.onopen = () => { byId('live').textContent = 'Live' }
source.onerror = () => {
  byId('live').textContent = source.readyState === EventSource.CLOSED ? 'Disconnected: reload the page' : 'Reconnecting\\u2026'
}
source.onmessage = ({ data }) => { draw(JSON.parse(data)) }
`
