/* global AbortController, document, DOMException, FormData, sessionStorage, setTimeout, window */
import { showAnswer } from './answer-text.js'
import { readEvents } from './event-source.js'

const element = (id) => document.getElementById(id)
const log = element('log')
const form = element('form')
const message = element('message')
const sessionKey = 'alfred.session'
/** The one limit that does not count messages. */
const tokenPolicy = 'ai-tokens'

/** The answer that is shown as it comes: how to leave it, and which it is once that is known. */
let running

/** How often a broken connection is tried again, and how long to wait before each try, in ms. */
const retries = [250, 1000, 2000, 4000, 8000]

function showNotice(text) {
  const notice = element('notice')
  notice.textContent = text
  notice.hidden = text === ''
}

function showProvider(name, model) {
  element('provider').textContent = name === 'demo' ? 'demo' : model ? `${name} · ${model}` : name
}

/** Reads the RateLimit field (draft-ietf-httpapi-ratelimit-headers): the policy with the least left counts. */
function showLeft(response) {
  const items = (response.headers.get('RateLimit') ?? '').matchAll(/"([^"]*)"(?:;[a-z]+=[^;,]*)*?;r=(\d+)/g)
  const ofMessages = Array.from(items).filter(([, policy]) => policy !== tokenPolicy)
  const remaining = Math.min(...ofMessages.map(([, , count]) => Number(count)))
  if (!Number.isFinite(remaining)) return
  element('left').textContent = `${remaining} message${remaining === 1 ? '' : 's'} left for now`
}

const waitText = (seconds) => (seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`)

/** What to tell a person about a refused request (RFC 9457). */
async function refusalText(response) {
  const problem = await response.json().catch(() => ({}))
  const retryAfter = Number(response.headers.get('Retry-After'))
  if (response.status === 429) {
    const what = problem['violated-policies']?.includes(tokenPolicy)
      ? 'Your share of tokens is used up'
      : 'Too many messages'
    return `${what}. Try again in ${waitText(retryAfter || 60)}.`
  }
  const sentences = [problem.title, problem.detail].filter(Boolean).map((text) => text.replace(/\.?$/, '.'))
  return sentences.join(' ') || `The server answered ${response.status}.`
}

function addTurn(role, who) {
  element('welcome').hidden = true
  const turn = document.createElement('article')
  turn.className = `turn ${role}`
  const name = document.createElement('p')
  name.className = 'who'
  name.textContent = who
  const text = document.createElement('div')
  text.className = 'text'
  turn.append(name, text)
  log.append(turn)
  turn.scrollIntoView({ block: 'end' })
  return { turn, name, text }
}

function addCut(turn, text) {
  const note = document.createElement('p')
  note.className = 'cut'
  note.textContent = text
  turn.append(note)
}

const answererName = (provider) =>
  provider === 'demo' ? 'Alfred (demo)' : provider ? `Alfred, by ${provider}` : 'Alfred'

function setBusy(busy) {
  element('send').hidden = busy
  element('stop').hidden = !busy
}

const atBottom = () => window.innerHeight + window.scrollY >= document.body.scrollHeight - 80

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** What to say of an answer that is not whole. */
function endText(event, { state, finish, title, detail }) {
  if (state === 'stopped') return 'You stopped this answer.'
  if (event === 'error') return detail ?? title
  if (finish === 'length') return 'The answer reached its greatest length.'
  if (state === 'refused') return 'The model did not want to say more.'
  return state === 'cut' ? 'This answer was cut short.' : undefined
}

/** Follows an answer to its end, over as many connections as that takes. */
async function* followEvents(body, signal) {
  let lastId
  for (let tries = 0; ; tries++) {
    try {
      for await (const event of readEvents(body)) {
        lastId = event.id ?? lastId
        yield event
        if (event.event === 'done' || event.event === 'error') return
        tries = 0
      }
    } catch (error) {
      if (signal.aborted) throw error
    }
    if (lastId === undefined || tries >= retries.length) return
    await wait(retries[tries])
    const response = await resume(lastId.split('.')[0], lastId, signal).catch(() => undefined)
    if (signal.aborted) return
    if (response?.ok) body = response.body
  }
}

const resume = (messageId, lastId, signal) =>
  fetch(`/api/alfred/messages/${encodeURIComponent(messageId)}/events`, {
    headers: { Accept: 'text/event-stream', ...(lastId ? { 'Last-Event-ID': lastId } : {}) },
    signal,
  })

/** Shows the events of one answer as they come. */
async function showEvents(body, signal) {
  const { turn, name, text } = addTurn('assistant', 'Alfred')
  // Read out once it is whole, not token by token.
  turn.setAttribute('aria-busy', 'true')
  let answer = ''
  let ended = false
  let isShown = true
  // A frame shows all tokens that came before it: rendering every one anew would take ever longer.
  const show = () => {
    if (isShown) return
    isShown = true
    const follow = atBottom()
    showAnswer(text, answer)
    if (follow) turn.scrollIntoView({ block: 'end' })
  }
  try {
    for await (const { event, data } of followEvents(body, signal)) {
      if (event === 'start') {
        sessionStorage.setItem(sessionKey, data.sessionId)
        running.messageId = data.messageId
      } else if (event === 'provider') {
        showProvider(data.provider, data.model)
        name.textContent = answererName(data.provider)
      } else if (event === 'token') {
        answer += data.text
        if (isShown) window.requestAnimationFrame(show)
        isShown = false
      } else {
        ended = true
        const note = endText(event, data)
        if (note) addCut(turn, note)
      }
    }
    if (!ended) addCut(turn, 'The connection ended in the middle of the answer.')
  } catch {
    // Whoever left this answer begins another conversation.
  } finally {
    show()
    turn.removeAttribute('aria-busy')
  }
}

/** Asks for the end of the answer that is shown; what comes until then is still shown. */
function stop() {
  if (running?.messageId === undefined) running?.abort.abort()
  else void fetch(`/api/alfred/messages/${encodeURIComponent(running.messageId)}/stop`, { method: 'POST' })
}

async function ask(question) {
  showNotice('')
  const abort = new AbortController()
  running = { abort, messageId: undefined }
  setBusy(true)
  try {
    const sessionId = sessionStorage.getItem(sessionKey) ?? undefined
    const response = await fetch('/api/alfred/chat', {
      method: 'POST',
      headers: { Accept: 'text/event-stream', 'Content-Type': 'application/json' },
      body: JSON.stringify({ message: question, sessionId }),
      signal: abort.signal,
    })
    showLeft(response)
    if (!response.ok) {
      // The conversation is gone, as after a change of database: begin another one next time.
      if (response.status === 404) sessionStorage.removeItem(sessionKey)
      showNotice(await refusalText(response))
      return false
    }
    addTurn('user', 'You').text.textContent = question
    message.value = ''
    await showEvents(response.body, abort.signal)
    return true
  } catch (error) {
    if (!(error instanceof DOMException)) showNotice('Alfred cannot be reached. Is the server running?')
    return false
  } finally {
    running = undefined
    setBusy(false)
    message.focus()
  }
}

/** Shows an answer that is being made, from its beginning. */
async function showRunning(messageId) {
  const abort = new AbortController()
  running = { abort, messageId }
  setBusy(true)
  try {
    const response = await resume(messageId, undefined, abort.signal)
    if (response.ok) await showEvents(response.body, abort.signal)
  } catch {
    showNotice('Alfred cannot be reached. Is the server running?')
  } finally {
    running = undefined
    setBusy(false)
  }
}

async function showHistory() {
  const sessionId = sessionStorage.getItem(sessionKey)
  if (sessionId === null) return
  const response = await fetch(`/api/alfred/sessions/${encodeURIComponent(sessionId)}/messages`)
  if (response.status === 404) sessionStorage.removeItem(sessionKey)
  if (!response.ok) return
  for (const message of (await response.json()).messages) {
    const { id, role, content, provider, state } = message
    if (state === 'pending' || state === 'streaming') {
      await showRunning(id)
      continue
    }
    const { turn, text } = addTurn(role, role === 'user' ? 'You' : answererName(provider))
    if (role === 'user') text.textContent = content
    else showAnswer(text, content)
    const note = state === 'failed' ? 'There is no answer to this question.' : endText('done', message)
    if (role !== 'user' && note) addCut(turn, note)
  }
}

async function showProviders() {
  const response = await fetch('/api/alfred/providers')
  if (!response.ok) return
  const { providers, demo } = await response.json()
  element('demo').hidden = !demo
  showProvider(providers.join(', '))
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const question = String(new FormData(form).get('message')).trim()
  if (question !== '' && !running) void ask(question)
})

message.addEventListener('keydown', (event) => {
  // While an input method composes a character, Enter chooses it.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  form.requestSubmit()
})

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') stop()
})

element('stop').addEventListener('click', stop)

element('new').addEventListener('click', () => {
  running?.abort.abort()
  sessionStorage.removeItem(sessionKey)
  for (const turn of log.querySelectorAll('.turn')) turn.remove()
  element('welcome').hidden = false
  showNotice('')
  message.focus()
})

element('examples').addEventListener('click', (event) => {
  const button = event.target.closest('button')
  if (!button) return
  message.value = button.textContent
  form.requestSubmit()
})

await Promise.allSettled([showProviders(), showHistory()])
message.focus()
