import createDOMPurify from 'dompurify'
import { expect, it } from 'vitest'
import { installedVersion, isComparedDomPurify } from './is-compared-dom-purify.ts'
import { createSimpleHtml } from './simple-html.ts'

it('finds the release that is installed', () => {
  expect(installedVersion()).toBe(createDOMPurify.version)
})

// After an update: pnpm verify html-exactness.
it('was compared with the release that is installed', () => {
  expect(isComparedDomPurify()).toBe(true)
})

it('leaves tags to the DOM under another release', () => {
  const text = '<p>a</p>'
  expect(createSimpleHtml({})(text, 256)).toBe(text)
  expect(createSimpleHtml({}, undefined, () => false)(text, 256)).toBeUndefined()
})
