import { codeLanguage, markdownConfig } from './markdown-engine.ts'
import { type ResolvedMarkdownPolicy, mayLink, mayShowImage } from './markdown-policy.ts'
import { linkRelation } from './markdown-to-html.ts'
import { createSimpleHtml, type SimpleHtml } from '../html/simple-html.ts'

/** The hook of the purifier appends `rel`, and the renderer has written it there already. */
const config = { ...markdownConfig, ALLOWED_ATTR: [...markdownConfig.ALLOWED_ATTR, 'rel'] }

/**
 * Sanitises what of rendered Markdown needs no DOM: that which DOMPurify, and the hook that judges every address, leave as
 * it is. It asks the policy the hook's questions.
 */
export function createFinishedMarkdown(policy: ResolvedMarkdownPolicy): SimpleHtml {
  return createSimpleHtml(config, (name, attributes) => {
    if (name === 'img') return mayShowImage(attributes.get('src') ?? '', policy)
    if (name !== 'a') {
      const language = attributes.get('class')
      return !attributes.has('rel') && (language === undefined || codeLanguage.test(language))
    }
    const last = [...attributes].at(-1)
    return mayLink(attributes.get('href') ?? '', policy) && last?.[0] === 'rel' && last[1] === linkRelation
  })
}
