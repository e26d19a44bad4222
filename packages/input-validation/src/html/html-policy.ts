import { option, type OptionRule } from '@alfred/core'

/** What HTML may hold: DOMPurify's configuration, reduced to what can be decided once and sent to a thread. */
export interface HtmlPolicy {
  /**
   * The vocabularies whose elements and attributes are allowed.
   * @default ['html']
   */
  readonly profiles?: readonly ('html' | 'mathMl' | 'svg')[] | undefined
  /** The only elements allowed, in place of the profiles'. */
  readonly allowedTags?: readonly string[] | undefined
  /** The only attributes allowed, in place of the profiles'. */
  readonly allowedAttributes?: readonly string[] | undefined
  /**
   * Elements that are removed though a profile allows them. The default keeps a field from restyling the page
   * around it and from asking its readers for passwords.
   * @default ['style', 'form', 'input', 'button', 'select', 'textarea', 'dialog']
   */
  readonly forbiddenTags?: readonly string[] | undefined
  /**
   * Attributes that are removed though a profile allows them. The default keeps a field from dressing up as a part of the page, by the
   * page's own classes and ids.
   * @default ['style', 'class', 'id']
   */
  readonly forbiddenAttributes?: readonly string[] | undefined
  /**
   * Elements that run code, load pages or move the page's addresses, allowed beside the others: `script`, `iframe`, `object`,
   * `base` … Nobody is safe from them who reads what others write.
   * @default []
   */
  readonly allowInsecureTags?: readonly string[] | undefined
  /**
   * Attributes that run code, allowed beside the others: `srcdoc`, `formaction`, `onclick` …
   * @default []
   */
  readonly allowInsecureAttributes?: readonly string[] | undefined
  /** Whether `data-…` attributes stay. @default false */
  readonly allowDataAttributes?: boolean | undefined
}

const name = option.string({
  pattern: /^[a-z][a-z0-9:_-]*$/i,
  hint: 'the name of an element or attribute',
})

const shape = option.objectOf<HtmlPolicy>(
  {
    profiles: option.list(option.oneOf('html', 'mathMl', 'svg'), { min: 1 }),
    allowedTags: option.list(name),
    allowedAttributes: option.list(name),
    forbiddenTags: option.list(name),
    forbiddenAttributes: option.list(name),
    allowInsecureTags: option.list(name),
    allowInsecureAttributes: option.list(name),
    allowDataAttributes: option.boolean(),
  },
  {
    atMostOne: [
      ['profiles', 'allowedTags'],
      ['profiles', 'allowedAttributes'],
    ],
  },
)

const forbiddenByDefault = {
  Tags: ['style', 'form', 'input', 'button', 'select', 'textarea', 'dialog'],
  Attributes: ['style', 'class', 'id'],
}

/** What makes a policy one for trusted authors alone. */
const insecure = {
  Tags: /^(?:applet|base|embed|fencedframe|frame|frameset|iframe|link|meta|object|portal|script)$/i,
  Attributes: /^(?:on.*|srcdoc|formaction|http-equiv)$/i,
}

/** The rule for a `policy` option. What is allowed and forbidden would be forbidden without a word. */
export const htmlPolicyRule: OptionRule<HtmlPolicy> = (value, report) => {
  const policy = shape(value, report)
  for (const what of ['Tags', 'Attributes'] as const) {
    const forbidden = new Set(
      (policy?.[`forbidden${what}`] ?? forbiddenByDefault[what]).map((entry) => entry.toLowerCase()),
    )
    for (const [index, entry] of (policy?.[`allowInsecure${what}`] ?? []).entries()) {
      if (insecure[what].test(entry)) continue
      const message = `is not one of those that run code: name it in allowed${what}.`
      report.at(`allowInsecure${what}`).at(index).add('ALFRED_CONFIG_CONFLICT', message)
    }
    for (const [index, entry] of (policy?.[`allowed${what}`] ?? []).entries()) {
      if (insecure[what].test(entry)) {
        const message = `lets those who write it run code in the page: name it in allowInsecure${what} if they all are trusted.`
        report.at(`allowed${what}`).at(index).add('ALFRED_CONFIG_UNSAFE', message)
      }
      if (!forbidden.has(entry.toLowerCase())) continue
      const message = `is removed all the same by forbidden${what}: give that list without it.`
      report.at(`allowed${what}`).at(index).add('ALFRED_CONFIG_CONFLICT', message)
    }
  }
  return policy
}

/** The part of DOMPurify's configuration that a policy decides, typed without DOMPurify, which is optional. */
export interface DomPurifyConfig {
  ALLOWED_TAGS?: string[]
  ALLOWED_ATTR?: string[]
  ADD_TAGS?: string[]
  ADD_ATTR?: string[]
  USE_PROFILES?: { html: boolean; svg: boolean; svgFilters: boolean; mathMl: boolean }
  FORBID_TAGS: string[]
  FORBID_ATTR: string[]
  ALLOW_DATA_ATTR: boolean
}

/**
 * The DOMPurify configuration that a policy stands for: what `createHtmlSanitizer` returns is what
 * `DOMPurify.sanitize(text, toDomPurifyConfig(policy))` returns, byte for byte.
 *
 * @example
 * ```ts
 * import { toDomPurifyConfig } from '@alfred/input-validation'
 *
 * const { FORBID_ATTR } = toDomPurifyConfig({ profiles: ['html', 'svg'] })
 * ```
 */
export function toDomPurifyConfig({
  profiles = ['html'],
  allowedTags,
  allowedAttributes,
  forbiddenTags = forbiddenByDefault.Tags,
  forbiddenAttributes = forbiddenByDefault.Attributes,
  allowInsecureTags = [],
  allowInsecureAttributes = [],
  allowDataAttributes = false,
}: HtmlPolicy = {}): DomPurifyConfig {
  return {
    // DOMPurify lets profiles replace the lists, so it is given either.
    ...(allowedTags || allowedAttributes
      ? {
          ...(allowedTags && { ALLOWED_TAGS: [...allowedTags] }),
          ...(allowedAttributes && { ALLOWED_ATTR: [...allowedAttributes] }),
        }
      : {
          USE_PROFILES: {
            html: profiles.includes('html'),
            svg: profiles.includes('svg'),
            svgFilters: profiles.includes('svg'),
            mathMl: profiles.includes('mathMl'),
          },
        }),
    ...(allowInsecureTags.length > 0 && { ADD_TAGS: [...allowInsecureTags] }),
    ...(allowInsecureAttributes.length > 0 && { ADD_ATTR: [...allowInsecureAttributes] }),
    FORBID_TAGS: [...forbiddenTags],
    FORBID_ATTR: [...forbiddenAttributes],
    ALLOW_DATA_ATTR: allowDataAttributes,
  }
}
