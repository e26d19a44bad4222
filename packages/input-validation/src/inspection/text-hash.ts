import { hash, randomBytes } from 'node:crypto'

/** Lives as long as the process: hashes tell equal texts from others, and nobody can guess texts from them. */
const hashKey = randomBytes(32).toString('hex')

/** What stands for a text in events. Of a digest cut short nothing can be prolonged, so the key may simply stand in front. */
export const textHash = (text: string): string => hash('sha256', hashKey + text, 'hex').slice(0, 16)
