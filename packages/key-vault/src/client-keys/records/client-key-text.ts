import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** For which deployments a key is: a `test` key opens nothing in a `live` one. */
export type ClientKeyEnvironment = 'live' | 'test'

/** How the keys of one service are written. */
export interface ClientKeyFormat {
  /** A new secret for the key `id`: 256 random bits. */
  write(id: string): string
  /** The id in a text that is well-formed and whose checksum is right; `undefined` for everything else. */
  readId(text: string): string | undefined
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const idLength = 12
/** The least number of base-62 digits that hold 256 bits. */
const secretLength = 43
/** The least number that holds the 32 bits of a CRC. */
const checksumLength = 6

function base62(bytes: Buffer, length: number): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`)
  let digits = ''
  for (let index = 0; index < length; index++) {
    digits = alphabet.charAt(Number(rest % 62n)) + digits
    rest /= 62n
  }
  return digits
}

/**
 * CRC-32 in base 62, as GitHub's tokens have it: a typing error, or a scanner's false find, is told without
 * asking anybody. It is no secret and protects nothing.
 */
function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let index = 0; index < checksumLength; index++) {
    digits = alphabet.charAt(rest % 62) + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

/** A new id: 64 random bits, no secret. */
export const createClientKeyId = (): string => base62(randomBytes(8), idLength)

const idPattern = new RegExp(`^[0-9A-Za-z]{${String(idLength)}}$`)

/** Whether `text` is shaped as an id is. */
export const isClientKeyId = (text: string): boolean => idPattern.test(text)

/** Builds the format `<prefix>_<environment>_<id>_<secret><checksum>`. */
export function createClientKeyFormat(prefix: string, environment: ClientKeyEnvironment): ClientKeyFormat {
  const start = `${prefix}_${environment}_`
  const idEnd = start.length + idLength
  const secretEnd = idEnd + 1 + secretLength
  const textLength = secretEnd + checksumLength
  const rest = new RegExp(`^[0-9A-Za-z]{${String(idLength)}}_[0-9A-Za-z]{${String(secretLength)}}$`)
  return {
    write(id) {
      const text = `${start}${id}_${base62(randomBytes(32), secretLength)}`
      return text + checksum(text)
    },
    readId(text) {
      if (text.length !== textLength || !text.startsWith(start)) return undefined
      const body = text.slice(0, secretEnd)
      if (!rest.test(body.slice(start.length)) || text.slice(secretEnd) !== checksum(body)) return undefined
      return text.slice(start.length, idEnd)
    },
  }
}
