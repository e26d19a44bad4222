/* global document, WebSocket, addEventListener */

/** What this page learns of the answer to a request. */
globalThis.read = async (url, init) => {
  try {
    const response = await fetch(url, init)
    const body = await response.text()
    return { status: response.status, body, headers: Object.fromEntries(response.headers) }
  } catch (error) {
    return { blocked: error.name }
  }
}

/** Sends a form, as a click on its button does. */
globalThis.submitForm = (action) => {
  const form = Object.assign(document.createElement('form'), { method: 'post', action })
  document.body.append(form)
  form.submit()
}

/** Follows a link. */
globalThis.followLink = (href) => {
  const link = Object.assign(document.createElement('a'), { href, textContent: 'link' })
  document.body.append(link)
  link.click()
}

/** Embeds `src`; `load` or `error`. Frames always say `load`, whatever is in them. */
globalThis.embed = (tag, src, attributes = {}) =>
  new Promise((resolve) => {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
    element.onload = () => resolve('load')
    element.onerror = () => resolve('error')
    element[tag === 'object' ? 'data' : 'src'] = src
    document.body.append(element)
  })

/** Opens a WebSocket; the first message, or `closed`. */
globalThis.openSocket = (url) =>
  new Promise((resolve) => {
    const socket = new WebSocket(url)
    socket.onmessage = ({ data }) => resolve(data)
    socket.onclose = () => resolve('closed')
  })

/** What ran in this page, as its scripts say, and what its policy stopped. */
globalThis.ran = []
globalThis.violations = []
addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
  globalThis.violations.push(`${effectiveDirective} ${blockedURI}`)
})
