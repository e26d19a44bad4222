/* global document */

function codeElement(text) {
  const code = document.createElement('code')
  code.textContent = text
  return code
}

function codeBlock(text) {
  const block = document.createElement('pre')
  // Wide code scrolls, and must do so by keyboard too.
  block.tabIndex = 0
  block.append(codeElement(text.replace(/\n$/, '')))
  return block
}

/** Text outside of blocks, with `code` in it. */
function inline(text) {
  return text
    .replace(/^\n+|\n+$/g, '')
    .split(/`([^`\n]+)`/)
    .map((part, index) => (index % 2 === 1 ? codeElement(part) : document.createTextNode(part)))
}

/**
 * Shows an answer: fenced blocks and `spans` as code, the rest as text. Nothing in it is taken for HTML.
 *
 * @param {HTMLElement} element
 * @param {string} answer
 */
export function showAnswer(element, answer) {
  const parts = answer.split(/^```.*$\n?/m)
  element.replaceChildren(
    ...parts.flatMap((part, index) => {
      if (index % 2 === 1) return [codeBlock(part)]
      return part === '' ? [] : inline(part)
    }),
  )
}
