import { createMarkdownRenderer } from './markdown.js'

// Links lead anywhere on the web; of images none is loaded, since its address could carry a conversation away.
const { showMarkdown } = createMarkdownRenderer()

/**
 * Shows an answer as Markdown. A model may have been talked into anything, so what it says is sanitised here, last of
 * all, whatever the server has made of it.
 *
 * @param {HTMLElement} element
 * @param {string} answer
 */
export function showAnswer(element, answer) {
  showMarkdown(element, answer)
  // Wide code scrolls, and must do so by keyboard too.
  for (const block of element.querySelectorAll('pre')) block.tabIndex = 0
}
