import { AsyncResource } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MIMEType } from 'node:util'
import {
  AlfredError,
  closeAfterAnswer,
  compose,
  createErrorAnswer,
  dropRejection,
  type Middleware,
  type Next,
  requirePackages,
  sendProblem,
  whenFinished,
} from '@alfred/core'
import type { BodyRequest } from '../body/guarded-body.ts'
import { type ReceivedUpload, UploadReceiver, UploadRefusal } from './receive-upload.ts'
import { resolveUploadOptions, type UploadOptions } from './upload-options.ts'
import { type UploadRefusalCode, uploadRefusals } from './upload-refusal.ts'
import type { UploadedFile, UploadedFiles } from './uploaded-file.ts'

type UploadRequest = BodyRequest & { files?: UploadedFiles }

/** Why an upload stops whose response has finished, or whose client has left. */
const finished = new Error('The response of the upload has finished.')

function isMultipart({ headers }: IncomingMessage): boolean {
  try {
    return new MIMEType(headers['content-type'] ?? '').essence === 'multipart/form-data'
  } catch {
    return false
  }
}

const alreadyRead = (): AlfredError =>
  new AlfredError(
    'ALFRED_UPLOAD_BODY_READ',
    'The body of this upload was read by another parser. Mount createUpload() in its place, and once for a route.',
    {},
  )

function byField(files: readonly UploadedFile[]): UploadedFiles {
  return Object.fromEntries(Map.groupBy(files, ({ field }) => field))
}

/**
 * Builds the middleware of a route that takes files: `multipart/form-data`, read while it arrives. The files are in
 * `req.files` by the names of their fields, and in a folder for temporary files until the response has finished; the other fields
 * are in `req.body`.
 *
 * A file passes with an expected field, a name without a folder, few enough bytes, and the bytes that files of an allowed type
 * begin with. What is wrong is 400 `invalid-upload`, 413 `body-too-large`, 415 `unsupported-content` or 408 `body-timeout`, with a
 * `code`, as soon as it is known; nothing of the upload is kept then.
 *
 * Needs the package `@fastify/busboy`.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { createBodyGuard, createUpload } from '@alfred/input-validation'
 * import express from 'express'
 *
 * const app = express()
 * app.use(createBodyGuard())
 * const upload = createUpload({ files: { avatar: { types: ['image/png', 'image/jpeg'], maxBytes: 2 ** 20 } } })
 * app.post('/avatar', upload, (req, res) => {
 *   res.json({ received: Object.keys(req.body) })
 * })
 * ```
 */
export function createUpload(options: UploadOptions): Middleware {
  const resolved = resolveUploadOptions(options)
  requirePackages({ names: ['@fastify/busboy'], from: import.meta.url, option: 'upload' })
  const { directory, timeoutMs, clock, events, logger } = resolved

  const refuse = (request: IncomingMessage, response: ServerResponse, code: UploadRefusalCode): void => {
    const problem = uploadRefusals[code]
    events?.emit('validation.rejected', { status: problem.status, code })
    logger.debug({ status: problem.status, code }, 'an upload was refused')
    if (!request.complete) closeAfterAnswer(request, response, clock)
    sendProblem(request, response, problem)
  }

  const remove = (folder: string): void => {
    dropRejection(
      rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch((error: unknown) => {
        logger.warn({ err: error }, 'the folder of an upload cannot be removed')
      }),
    )
  }

  const receive = async (request: UploadRequest, response: ServerResponse): Promise<ReceivedUpload> => {
    const abort = new AbortController()
    const timer = clock.setTimeout(() => {
      abort.abort(new UploadRefusal('timeout'))
    }, timeoutMs)
    try {
      const folder = await mkdtemp(join(directory, 'alfred-upload-'))
      whenFinished(response, () => {
        abort.abort(finished)
        remove(folder)
      })
      return await new UploadReceiver(resolved, folder).receive(request, abort.signal)
    } finally {
      timer.cancel()
    }
  }

  const run = async (request: UploadRequest, response: ServerResponse, next: Next): Promise<void> => {
    try {
      const { fields, files } = await receive(request, response)
      request.body = Object.fromEntries(fields)
      request._body = true
      request.files = byField(files)
      next()
    } catch (error) {
      // Whoever has left reads no answer, and the bound of a guard in front has given one.
      if (error === finished || response.destroyed || response.writableEnded) return
      if (error instanceof UploadRefusal) refuse(request, response, error.code)
      else next(error)
    }
  }

  const upload: Middleware = (request: UploadRequest, response, next) => {
    if (!isMultipart(request)) {
      refuse(request, response, 'not-multipart')
      return
    }
    if (request._body === true || request.readableEnded) {
      next(alreadyRead())
      return
    }
    const resource = new AsyncResource('AlfredUpload')
    const goOn: Next = (error) => {
      resource.runInAsyncScope(next, undefined, error)
    }
    dropRejection(run(request, response, goOn))
  }
  return compose([upload], createErrorAnswer(logger))
}
