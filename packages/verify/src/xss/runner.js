/* global document, setTimeout, window */

/** Every event that a handler might wait for and nobody here would cause. */
const eventNames = (
  'click dblclick auxclick contextmenu mousedown mouseup mousemove mouseover mouseout mouseenter mouseleave wheel ' +
  'pointerdown pointerup pointermove pointerover pointerout pointerenter pointerleave pointercancel ' +
  'gotpointercapture lostpointercapture touchstart touchend touchmove touchcancel focus focusin focusout blur ' +
  'keydown keyup keypress input beforeinput change invalid reset submit select selectstart selectionchange ' +
  'formdata cut copy paste beforecopy beforecut beforepaste drag dragstart dragend dragenter dragleave dragover drop ' +
  'scroll scrollend resize load error abort toggle beforetoggle close cancel show beforematch ' +
  'animationstart animationend animationiteration animationcancel transitionrun transitionstart transitionend ' +
  'transitioncancel canplay canplaythrough cuechange durationchange emptied ended loadeddata loadedmetadata ' +
  'loadstart pause play playing progress ratechange seeked seeking stalled suspend timeupdate volumechange waiting ' +
  'begin end repeat start finish bounce message hashchange popstate pageshow pagehide storage unload beforeunload ' +
  'fullscreenchange webkitfullscreenchange search securitypolicyviolationtest'
).split(' ')

const hits = new Set()
window.hit = (id) => hits.add(id)

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function* elementsOf(root) {
  for (const element of root.querySelectorAll('*')) {
    yield element
    if (element.shadowRoot) yield* elementsOf(element.shadowRoot)
  }
}

/** Does to a frame what a reader might, and more. */
function provoke(frame) {
  const content = frame.contentWindow
  let elements
  try {
    elements = [...elementsOf(content.document)]
  } catch {
    // The payload has left for another origin.
    return
  }
  for (const element of elements.slice(0, 400)) {
    for (const name of eventNames) {
      try {
        // Not bubbling: every element gets its own, and deep nesting would cost a square of it.
        element.dispatchEvent(new content.Event(name, { bubbles: false, cancelable: true }))
      } catch {
        // The document is gone.
      }
    }
    try {
      element.focus?.()
      if (element.localName === 'details') element.open = true
    } catch {
      // As above.
    }
  }
  for (const element of elements.slice(0, 400)) {
    try {
      const target = String(
        element.getAttribute('href') ??
          element.getAttribute('xlink:href') ??
          element.getAttribute('formaction') ??
          element.getAttribute('action') ??
          '',
      )
      // Elsewhere is no script of this page; what is not plainly elsewhere is followed.
      if (/^(?:https?:|mailto:|\/\/)/i.test(target)) continue
      if (element.localName === 'form') element.requestSubmit()
      else if (element.click) element.click()
      else element.dispatchEvent(new content.MouseEvent('click', { bubbles: true, cancelable: true }))
    } catch {
      // As above.
    }
  }
}

async function visit(url, settleMs) {
  const frame = document.createElement('iframe')
  frame.sandbox = 'allow-scripts allow-same-origin allow-forms'
  frame.src = url
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  document.body.append(frame)
  await Promise.race([loaded, wait(4000)])
  await wait(settleMs)
  provoke(frame)
  await wait(settleMs)
  frame.remove()
}

/** Visits every frame, some at a time, and returns the ids of those in which a script ran. */
window.visitAll = async (urls, { parallel, settleMs }) => {
  hits.clear()
  const queue = [...urls]
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let url = queue.shift(); url !== undefined; url = queue.shift()) await visit(url, settleMs)
    }),
  )
  return [...hits]
}
