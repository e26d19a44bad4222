import { expect, it } from 'vitest'
import { imageTarget, linkTarget, resolveMarkdownPolicy } from './markdown-policy.ts'

const policy = resolveMarkdownPolicy({
  linkOrigins: ['https://docs.example.com'],
  imageOrigins: ['https://images.example.com'],
})
const open = resolveMarkdownPolicy()

it.each([
  ['https://docs.example.com', 'https://docs.example.com'],
  ['https:docs.example.com/../../api', 'https://docs.example.com/api'],
  ['https:/docs.example.com/a', 'https://docs.example.com/a'],
  ['ht\ntps:\\\\docs.example.com', 'https://docs.example.com/'],
  ['//docs.example.com', undefined],
  ['mailto:a@b.example', undefined],
  ['https:other.example', undefined],
])('the link %j leads to %s', (address, target) => {
  expect(linkTarget(address, policy)).toBe(target)
})

it('an image is loaded from where it was judged', () => {
  expect(imageTarget('https:images.example.com/../x', policy)).toBe('https://images.example.com/x')
  expect(imageTarget('https://docs.example.com/x', policy)).toBeUndefined()
  expect(linkTarget('mailto:a@b.example', open)).toBe('mailto:a@b.example')
})
