import type { FileType } from './file-types.ts'

/** A file that was received whole. */
export interface UploadedFile {
  /** The name of its field. */
  readonly field: string
  /** What the client calls it, without a folder: for showing, not for paths. */
  readonly name: string
  /** Its type, by its bytes. */
  readonly type: FileType
  readonly bytes: number
  /** Where it is. It is removed when the response has finished: move it, or read it before. */
  readonly path: string
}

/** The files of a request, by the names of their fields. */
export type UploadedFiles = Readonly<Record<string, readonly UploadedFile[]>>
