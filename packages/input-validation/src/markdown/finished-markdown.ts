import { codeLanguage, markdownConfig } from './markdown-engine.ts'
import { type ResolvedMarkdownPolicy, imageTarget, linkTarget } from './markdown-policy.ts'
import { linkRelation } from './markdown-to-html.ts'
import { createSimpleHtml, type SimpleHtml } from '../html/simple-html.ts'

/** The hook of the purifier appends `rel`, and the renderer has written it there already. */
const config = { ...markdownConfig, ALLOWED_ATTR: [...markdownConfig.ALLOWED_ATTR, 'rel'] }

/**
 * Sanitises what of rendered Markdown needs no DOM: that which DOMPurify, and the hook that judges every address, leave as
 * it is. It asks the policy the hook's questions.
 */
export function createFinishedMarkdown(policy: ResolvedMarkdownPolicy): SimpleHtml {
  /** Another spelling is left to the purifier, which writes the address as it was judged. */
  const isTarget = (address: string | undefined, target: typeof linkTarget): boolean =>
    address !== undefined && target(address, policy) === address
  return createSimpleHtml(config, (name, attributes) => {
    if (name === 'img') return isTarget(attributes.get('src'), imageTarget)
    if (name !== 'a') {
      const language = attributes.get('class')
      return !attributes.has('rel') && (language === undefined || codeLanguage.test(language))
    }
    const last = [...attributes].at(-1)
    return isTarget(attributes.get('href'), linkTarget) && last?.[0] === 'rel' && last[1] === linkRelation
  })
}
