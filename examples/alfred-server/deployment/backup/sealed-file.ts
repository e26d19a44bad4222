import { createHash, type Hash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BadBackupError } from './bad-backup-error.ts'
import { startProgram, type StartOptions } from './program.ts'

/** A part of a backup: one file, encrypted. */
export interface SealedFile {
  /** Of the content, before encryption. */
  readonly contentBytes: number
  readonly contentSha256: string
  /** Of the encrypted file. */
  readonly bytes: number
  readonly sha256: string
}

/** Encrypts what a source writes into a file, which is whole only when this returns. */
export async function sealFile(
  source: Readable,
  file: string,
  { age, recipientsFile }: { readonly age: string; readonly recipientsFile: string },
  options: StartOptions,
): Promise<SealedFile> {
  const content = countBytes()
  const sealed = countBytes()
  const sealing = startProgram([age, '--encrypt', '--recipients-file', recipientsFile], options)
  await settleAll([
    pipeline(source, content.through, sealing.stdin),
    sealing.ended,
    pipeline(sealing.stdout, sealed.through, createWriteStream(file, { mode: 0o600, flush: true })),
  ])
  return {
    contentBytes: content.bytes(),
    contentSha256: content.sha256(),
    bytes: sealed.bytes(),
    sha256: sealed.sha256(),
  }
}

/**
 * Writes what the storage sends into a file.
 *
 * @throws BadBackupError when a byte of it is another
 */
export async function downloadSealed(source: Readable, file: string, expected: SealedFile): Promise<void> {
  const sealed = countBytes()
  await pipeline(source, sealed.through, createWriteStream(file, { mode: 0o600 }))
  if (sealed.bytes() !== expected.bytes) throw new BadBackupError('a file has another length')
  if (sealed.sha256() !== expected.sha256) throw new BadBackupError('a file has another checksum')
}

/**
 * Decrypts a part into a file.
 *
 * @throws Error when it was sealed for another key
 * @throws BadBackupError when its content is another than was sealed
 */
export async function openSealed(
  sealedFile: string,
  file: string,
  expected: SealedFile,
  { age, identityFile }: { readonly age: string; readonly identityFile: string },
  options: StartOptions,
): Promise<void> {
  const content = countBytes()
  const opening = startProgram([age, '--decrypt', '--identity', identityFile, sealedFile], options)
  opening.stdin.end()
  await settleAll([
    pipeline(opening.stdout, content.through, createWriteStream(file, { mode: 0o600 })),
    opening.ended,
  ])
  if (content.sha256() !== expected.contentSha256) throw new BadBackupError('a content has another checksum')
}

/**
 * Waits for all, and throws the reason of the last that failed. So the causes stand last: what a full disk or a program
 * says is more than the broken pipe of those that write to it.
 */
export async function settleAll(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).findLast((each) => each.status === 'rejected')
  if (failed) throw failed.reason
}

interface ByteCount {
  readonly through: Transform
  readonly bytes: () => number
  readonly sha256: () => string
}

function countBytes(): ByteCount {
  const hash: Hash = createHash('sha256')
  let bytes = 0
  let digest: string | undefined
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  return { through, bytes: () => bytes, sha256: () => (digest ??= hash.digest('hex')) }
}
