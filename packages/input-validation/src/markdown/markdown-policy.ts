/** Which links and images rendered Markdown may have. */
export interface MarkdownPolicy {
  /**
   * Where links may lead: origins such as `https://docs.example.com` and `mailto:`, or `'*'` for `mailto:` and every `http` and
   * `https` address. Any other link, relative ones included, becomes plain text. Links are written as the URL Standard reads them.
   * @default '*'
   */
  readonly linkOrigins?: '*' | readonly string[] | undefined
  /**
   * Where images may come from. Loading an image tells its server whatever stands in the address, so an
   * answer that was tampered with could carry a secret out; what is not listed is shown by its description.
   * @default []
   */
  readonly imageOrigins?: readonly string[] | undefined
  /**
   * The most characters, in UTF-16 code units. Longer text is shown as it is, not as Markdown.
   * @default 100_000
   */
  readonly maxLength?: number | undefined
}

/** The policy with everything decided; it can be sent to a thread. */
export interface ResolvedMarkdownPolicy {
  readonly linkOrigins: '*' | readonly string[]
  readonly imageOrigins: readonly string[]
  readonly maxLength: number
}

/** Fills in the defaults. It is used in browsers too, so it checks nothing that needs more than the language. */
export function resolveMarkdownPolicy({
  linkOrigins = '*',
  imageOrigins = [],
  maxLength = 100_000,
}: MarkdownPolicy = {}): ResolvedMarkdownPolicy {
  return { linkOrigins, imageOrigins, maxLength }
}

/** An absolute URL without credentials; what is relative, protocol-relative or no URL at all is none. */
function parseUrl(address: string): URL | undefined {
  const url = URL.parse(address)
  return url === null || url.username !== '' || url.password !== '' ? undefined : url
}

const isWeb = ({ protocol }: URL): boolean => protocol === 'https:' || protocol === 'http:'

/** The address as it was read. An origin without its slash is read alike on every page, and stays. */
const judged = (address: string, { href }: URL): string => (`${address}/` === href ? address : href)

/**
 * Where a link may lead: the address as it was judged, or `undefined`. Write this into the page, never the address that was given:
 * on a page of the same scheme `https:host/../path` is relative, and leads into the page's own site.
 */
export function linkTarget(address: string, { linkOrigins }: ResolvedMarkdownPolicy): string | undefined {
  const url = parseUrl(address)
  if (!url) return undefined
  const isAllowed =
    url.protocol === 'mailto:'
      ? linkOrigins === '*' || linkOrigins.includes('mailto:')
      : isWeb(url) && (linkOrigins === '*' || linkOrigins.includes(url.origin))
  return isAllowed ? judged(address, url) : undefined
}

/** Where an image may be loaded from: the address as it was judged, or `undefined`. Write this, as with {@link linkTarget}. */
export function imageTarget(address: string, { imageOrigins }: ResolvedMarkdownPolicy): string | undefined {
  const url = parseUrl(address)
  return url !== undefined && isWeb(url) && imageOrigins.includes(url.origin)
    ? judged(address, url)
    : undefined
}
