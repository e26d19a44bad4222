import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  AlfredError,
  compose,
  createErrorAnswer,
  failWith,
  isThenable,
  type Middleware,
  type Next,
  problemType,
  requestContext,
  sendProblem,
  settleWithin,
} from '@alfred/core'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { deepFreeze } from './deep-freeze.ts'
import { collectFlags, type ContentFlag } from '../inspection/flag-collector.ts'
import { createRequestFlags, type RequestFlags } from './request-flags.ts'
import { readPart, readQuery } from './request-input.ts'
import { schemaValidator } from './schema-validator.ts'
import { resolveValidateOptions, type ValidateOptions } from './validate-options.ts'
import {
  repeatedParameter,
  toValidationErrors,
  type ValidationError,
  type RequestPart,
} from './errors/validation-error.ts'

/** A schema per part of the request: zod 4 or anything else that implements Standard Schema. */
export type RequestSchemas = { readonly [P in RequestPart]?: StandardSchemaV1 }

/** What the schemas made of a request: a frozen object with the parts that have a schema. */
export type ValidInput<S extends RequestSchemas> = {
  readonly [P in keyof S]: S[P] extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S[P]> : never
}

/** A middleware that checks requests and hands out what it found. */
export interface Validation<S extends RequestSchemas> extends Middleware {
  /**
   * The valid input of a request that went through this middleware, as `req.valid` has it, with its type.
   *
   * @throws `AlfredError` `ALFRED_VALIDATION_NOT_RUN` when the request did not
   */
  valid(request: IncomingMessage): ValidInput<S>
  /**
   * What detectors flagged in a request that went through this middleware, as far as it was known when the request was
   * passed on.
   *
   * @throws `AlfredError` `ALFRED_VALIDATION_NOT_RUN` when the request did not
   */
  flags(request: IncomingMessage): readonly ContentFlag[]
  /**
   * A middleware that validates and then calls `handler`, which sees the typed `req.valid`. What the handler
   * throws, or its promise rejects with, goes to the error handler. For the request and response of a
   * framework name their types: `chat.handle<express.Request, express.Response>((req, res) => …)`.
   */
  handle<Request extends IncomingMessage, Response extends ServerResponse>(
    handler: (
      request: Request & { readonly valid: ValidInput<S> },
      response: Response,
      next: Next,
    ) => unknown,
  ): (request: Request, response: Response, next: Next) => void
}

type PartResult =
  | { readonly part: RequestPart; readonly value: unknown }
  | { readonly part: RequestPart; readonly errors: readonly ValidationError[] }

/** What is known at once, and what is still being found out. */
const tooLate = (timeoutMs: number): AlfredError =>
  new AlfredError(
    'ALFRED_VALIDATION_TIMEOUT',
    `A schema did not settle within ${String(timeoutMs)} ms. Raise schemaTimeoutMs, or bound what the schema waits for.`,
    { timeoutMs },
  )

/**
 * Whether a schema answered what Standard Schema says. Anything else must not count as valid: a validator of another
 * contract may return `true`, or an empty list of issues.
 */
function requireResult(
  part: RequestPart,
  outcome: StandardSchemaV1.Result<unknown>,
): StandardSchemaV1.Result<unknown> {
  const answer: unknown = outcome
  if (typeof answer === 'object' && answer !== null) {
    const issues: unknown = Reflect.get(answer, 'issues')
    if (issues === undefined ? 'value' in answer : Array.isArray(issues) && issues.length > 0) return outcome
  }
  throw new TypeError(`The schema of ${part} must return a value or issues, as Standard Schema says.`)
}

interface Checked {
  readonly known: readonly PartResult[]
  readonly pending: readonly Promise<PartResult>[]
}

const parts: readonly RequestPart[] = ['params', 'query', 'headers', 'body']

/**
 * Builds the middleware that checks a request against schemas. What they return, defaults and conversions
 * included, is in `req.valid`, frozen; `req.body`, `req.query` and the like stay as they were.
 *
 * A request that does not fit gets 422 `application/problem+json` with `errors: [{ pointer, code, detail }]`.
 * A query parameter that is there twice is refused unless `repeatable` names it, and then is a list.
 * Schemas may be asynchronous; an exception of a schema goes to the error handler.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) when a schema is none or an option is refused
 *
 * @example
 * ```ts
 * import express from 'express'
 * import { chatMessage, createBodyGuard, validate } from '@alfred/input-validation'
 * import { z } from 'zod'
 *
 * const chat = validate({ body: z.strictObject({ message: chatMessage() }) })
 *
 * const app = express()
 * app.use(createBodyGuard())
 * app.post('/chat', chat, (req, res) => {
 *   const { message } = chat.valid(req).body
 *   res.json({ length: message.length })
 * })
 * ```
 */
export function validate<const S extends RequestSchemas>(
  schemas: S,
  options?: ValidateOptions,
): Validation<S> {
  const { maxErrors, repeatable, schemaTimeoutMs, events, logger, clock } = resolveValidateOptions(
    schemas,
    options,
  )
  const checks = parts.flatMap((part) => {
    const schema = schemas[part]
    return schema === undefined ? [] : [{ part, schema, check: schemaValidator(schema) }]
  })
  // Keyed by request, so that each validation of a route with several finds its own.
  const found = new WeakMap<IncomingMessage, { input: ValidInput<S>; flags: readonly ContentFlag[] }>()

  const tell = (flag: ContentFlag): void => {
    events?.emit('validation.flagged', flag)
    const { detector, action, score, kind, pointer, hash, requestId } = flag
    logger.info({ detector, action, score, kind, pointer, hash, requestId }, 'a detector flagged a text')
  }

  const toResult = (
    part: RequestPart,
    schema: StandardSchemaV1,
    input: unknown,
    outcome: StandardSchemaV1.Result<unknown>,
  ): PartResult => {
    const result = requireResult(part, outcome)
    return result.issues === undefined
      ? { part, value: result.value }
      : { part, errors: toValidationErrors(part, schema, input, result.issues, maxErrors) }
  }

  /** Starts every check; what is known at once is kept apart, so that most requests need no promise. */
  const check = (request: IncomingMessage, flags: RequestFlags): Checked => {
    const known: PartResult[] = []
    const pending: Promise<PartResult>[] = []
    for (const { part, schema, check: validatePart } of checks) {
      let input: unknown
      if (part === 'query') {
        const query = readQuery(request, repeatable)
        if ('repeated' in query) {
          known.push({ part, errors: [repeatedParameter(query.repeated)] })
          continue
        }
        input = query.value
      } else input = readPart(request, part)
      try {
        const outcome = collectFlags(flags.collector(part, input), () => validatePart(input))
        if (isThenable(outcome))
          pending.push(Promise.resolve(outcome).then((late) => toResult(part, schema, input, late)))
        else known.push(toResult(part, schema, input, outcome))
      } catch (error) {
        // The promises before it must not be left unheard: a rejection would end the process.
        void Promise.allSettled(pending)
        throw error
      }
    }
    return { known, pending }
  }

  const finish = (
    request: IncomingMessage,
    response: ServerResponse,
    next: Next,
    results: readonly PartResult[],
    flags: readonly ContentFlag[],
  ): void => {
    const errors = results.flatMap((result) => ('errors' in result ? result.errors : []))
    if (errors.length > 0) {
      events?.emit('validation.rejected', { status: 422, code: 'validation-failed' })
      logger.debug({ errors: errors.slice(0, maxErrors) }, 'a request did not fit its schemas')
      sendProblem(request, response, {
        type: problemType('validation-failed'),
        status: 422,
        title: 'The request does not fit the expected form',
        extensions: { errors: errors.slice(0, maxErrors) },
      })
      return
    }
    const input: Record<string, unknown> = {}
    for (const result of results) if ('value' in result) input[result.part] = result.value
    deepFreeze(input)
    found.set(request, { input: input as ValidInput<S>, flags })
    Object.assign(request, { valid: input })
    next()
  }

  const validation: Middleware = (request, response, next) => {
    const flags = createRequestFlags(requestContext(request).requestId, tell)
    let results: Checked
    try {
      results = check(request, flags)
    } catch (error) {
      failWith(next)(error)
      return
    }
    const { known, pending } = results
    if (pending.length === 0 && !flags.hasLeft()) {
      finish(request, response, next, known, flags.settle())
      return
    }
    const late = async (): Promise<readonly PartResult[]> => {
      const settled = await Promise.all(pending)
      await flags.inspectLeft()
      return settled
    }
    settleWithin(clock, late(), schemaTimeoutMs)
      .then((outcome) => {
        if (!outcome.settled) throw tooLate(schemaTimeoutMs)
        if (response.headersSent || response.destroyed) return
        finish(request, response, next, [...known, ...outcome.value], flags.settle())
      })
      .catch(failWith(next))
  }

  // A request goes on in the turn of an asynchronous schema, where nobody else catches.
  const middleware = compose([validation], createErrorAnswer(logger))

  const resultOf = (request: IncomingMessage) => {
    const result = found.get(request)
    if (result) return result
    throw new AlfredError('ALFRED_VALIDATION_NOT_RUN', 'This request did not go through the validation.', {})
  }

  const isValidated = <R extends IncomingMessage>(
    request: R,
  ): request is R & { readonly valid: ValidInput<S> } => found.has(request)

  const handle: Validation<S>['handle'] = (handler) => (request, response, next) => {
    middleware(request, response, (error) => {
      if (error !== undefined || !isValidated(request)) {
        next(error)
        return
      }
      const run = async (): Promise<void> => {
        // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it does not resolve the type parameter, which is an IncomingMessage
        await handler(request, response, next)
      }
      run().catch(failWith(next))
    })
  }

  return Object.assign(middleware, {
    valid: (request: IncomingMessage) => resultOf(request).input,
    flags: (request: IncomingMessage) => resultOf(request).flags,
    handle,
  })
}
