import { createHmac, timingSafeEqual } from 'node:crypto'

/** The cookie that says which guest a browser is. */
export const guestCookieName = 'alfred_guest'

/** Browsers keep a cookie for 400 days at most (RFC 6265bis). */
const maxAgeSeconds = 400 * 86_400

const sign = (id: string, secret: string): string =>
  createHmac('sha256', secret).update(`guest:${id}`).digest('base64url')

/** The value of a `Cookie` field's cookie `name`. */
function cookieOf(field: string | undefined, name: string): string | undefined {
  const found = field?.split(';').find((pair) => pair.trimStart().startsWith(`${name}=`))
  return found?.slice(found.indexOf('=') + 1).trim()
}

/** The guest that a request's `Cookie` field names, if the signature is ours. */
export function readGuestCookie(field: string | undefined, secret: string): string | undefined {
  const [id = '', signature = ''] = cookieOf(field, guestCookieName)?.split('.') ?? []
  const bytes = Buffer.from(signature)
  const expected = Buffer.from(sign(id, secret))
  return id !== '' && bytes.length === expected.length && timingSafeEqual(bytes, expected) ? id : undefined
}

/** The `Set-Cookie` field that makes a browser the guest `id`. No script can read it, and no other site can use it. */
export function writeGuestCookie(id: string, secret: string, isSecure: boolean): string {
  const attributes = `Path=/; Max-Age=${String(maxAgeSeconds)}; HttpOnly; SameSite=Lax`
  return `${guestCookieName}=${id}.${sign(id, secret)}; ${attributes}${isSecure ? '; Secure' : ''}`
}
