import { plainScript } from './plain-script.ts'

/** Calls and properties that payloads prove themselves with, or steal with; without white space and in lower case. */
const payloadMarks = [
  'alert',
  'prompt(',
  'prompt`',
  'confirm',
  'eval(',
  'fromcharcode',
  'document.cookie',
  'document.domain',
  'document.write',
  'document.location',
  'document[',
  'javascript:',
  'vbscript:',
  'onerror=',
  'settimeout`',
  'function(',
  'constructor',
  'msgbox',
  'expression(',
  'atob(',
  'import(',
  '.src=',
  'fetch(',
  'location=',
  'window[',
  'top[',
  'self[',
  'parent[',
  'write(',
  'console.log(',
  'print(',
  '[]+[]',
  '(![]',
]

/** Whether a script, as {@link plainScript} has it, does what payloads do. */
export const hasPayloadMark = (script: string): boolean => payloadMarks.some((mark) => script.includes(mark))

/** Handlers that run without anybody's doing. */
export const unaidedHandlers: ReadonlySet<string> = new Set(
  (
    'onerror onload onbegin onend onrepeat ontoggle onstart onfinish onbounce onpageshow onpagereveal ' +
    'onpropertychange onreadystatechange onhashchange onpopstate onmessage onresize onscroll onscrollend ' +
    'onscrollsnapchanging onfocus onfocusin onblur onanimationstart onanimationend onanimationiteration ' +
    'onanimationcancel ontransitionend ontransitionrun ontransitionstart ontransitioncancel ' +
    'onwebkitanimationstart onwebkitanimationend onwebkitanimationiteration onwebkittransitionend ' +
    'oncanplay oncanplaythrough onloadeddata onloadedmetadata onloadstart onloadend ondurationchange ' +
    'onprogress onsuspend onplay onplaying ontimeupdate onended onafterprint onbeforeprint onbeforeunload ' +
    'onunload onunhandledrejection onrejectionhandled oncuechange onsearch onslotchange ' +
    'oncontentvisibilityautostatechange'
  ).split(' '),
)

const scriptSchemes = ['javascript:', 'vbscript:', 'livescript:', 'mocha:']

/** Media types of data URLs that may run scripts. */
const activeData = ['text/html', 'image/svg', 'application/x', 'text/javascript', 'text/xml', ',', ';']

/** How much a URL looks like one that runs a script. */
export function scriptUrlScore(value: string): number {
  const url = plainScript(value)
  const scheme = scriptSchemes.find((candidate) => url.startsWith(candidate))
  if (scheme !== undefined) {
    const script = url.slice(scheme.length)
    return script === '' || script === ';' || script.startsWith('void(0)') ? 0.3 : 0.9
  }
  if (url.includes('javascript:') || url.includes('vbscript:')) return 0.85
  const data = url.indexOf('data:')
  return data !== -1 && activeData.some((type) => url.startsWith(type, data + 5)) ? 0.8 : 0
}

const styleMarks = ['expression(', '-moz-binding', 'behavior:', 'behaviour:', 'javascript:', 'vbscript:']

/** How much a style looks like one that runs a script or loads one. */
export function styleScore(style: string): number {
  const css = plainScript(style)
  return styleMarks.some((mark) => css.includes(mark)) ? 0.85 : 0
}
