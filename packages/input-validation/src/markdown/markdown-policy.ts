/** Which links and images rendered Markdown may have. */
export interface MarkdownPolicy {
  /**
   * Where links may lead: origins such as `https://docs.example.com`, or `'*'` for every `http` and `https`
   * address. `mailto:` links stay in both cases; any other link, relative ones included, becomes plain text.
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

/** Whether a link may lead there. */
export function mayLink(address: string, { linkOrigins }: ResolvedMarkdownPolicy): boolean {
  const url = parseUrl(address)
  if (!url) return false
  if (url.protocol === 'mailto:') return true
  return isWeb(url) && (linkOrigins === '*' || linkOrigins.includes(url.origin))
}

/** Whether an image may be loaded from there. */
export function mayShowImage(address: string, { imageOrigins }: ResolvedMarkdownPolicy): boolean {
  const url = parseUrl(address)
  return url !== undefined && isWeb(url) && imageOrigins.includes(url.origin)
}
