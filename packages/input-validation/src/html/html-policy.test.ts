import { AlfredConfigError } from '@alfred/core'
import { expect, it, onTestFinished } from 'vitest'
import type { HtmlPolicy } from './html-policy.ts'
import { createHtmlSanitizer } from '../sanitizers/html-sanitizer.ts'

async function sanitize(policy: HtmlPolicy | undefined, html: string): Promise<unknown> {
  const sanitizer = createHtmlSanitizer(policy && { policy })
  onTestFinished(() => sanitizer.close())
  return sanitizer.sanitize(html)
}

it.each<[HtmlPolicy, RegExp]>([
  [{ allowedTags: ['p', 'script'] }, /allowedTags\[1\]: lets those who write it run code.*allowInsecureTags/],
  [{ allowedTags: ['IFRAME'] }, /allowInsecureTags/],
  [{ allowedTags: ['base'] }, /allowInsecureTags/],
  [{ allowedAttributes: ['href', 'srcdoc'] }, /allowedAttributes\[1\].*allowInsecureAttributes/],
  [{ allowedAttributes: ['onClick'] }, /allowInsecureAttributes/],
  [{ allowInsecureTags: ['p'] }, /allowInsecureTags\[0\]: is not one of those.*allowedTags/],
  [
    { allowInsecureAttributes: ['href'] },
    /allowInsecureAttributes\[0\]: is not one of those.*allowedAttributes/,
  ],
])('refuses %j', (policy, message) => {
  const create = (): unknown => createHtmlSanitizer({ policy })
  expect(create).toThrow(AlfredConfigError)
  expect(create).toThrow(message)
})

const widget = '<p class="btn" id="login">a</p><iframe src="/x" onload="a()"></iframe>'

it.each<[string, HtmlPolicy | undefined, string]>([
  ["the page's own classes and ids", undefined, '<p>a</p>'],
  ['frames with handlers', { forbiddenAttributes: [] }, '<p class="btn" id="login">a</p>'],
  [
    'nothing that a policy allows by its name',
    { allowInsecureTags: ['iframe'], allowInsecureAttributes: ['onload'] },
    '<p>a</p><iframe src="/x" onload="a()"></iframe>',
  ],
])('takes out %s', async (_what, policy, expected) => {
  expect(await sanitize(policy, widget)).toEqual({ html: expected })
})
