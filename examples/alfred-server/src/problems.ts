import { type ErrorMiddleware, type Problem, problemType, sendProblem } from '@alfred/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SessionNotFoundError } from './chat/chat.ts'
import { DatabaseUnavailableError } from './database/database.ts'
import {
  AnswerInterruptedError,
  ClientGoneError,
  ProvidersUnavailableError,
} from './providers/provider-failure.ts'

const sessionNotFound: Problem = {
  type: problemType('session-not-found'),
  status: 404,
  title: 'There is no such conversation',
  detail: 'Send the message without a sessionId to begin a new conversation.',
}

const templateNotFound: Problem = {
  type: problemType('template-not-found'),
  status: 404,
  title: 'There is no such template',
}

const databaseUnavailable: Problem = {
  type: problemType('database-unavailable'),
  status: 503,
  title: 'The database is not available',
  detail: 'Try again in a few seconds.',
}

const providersUnavailable: Problem = {
  type: problemType('providers-unavailable'),
  status: 503,
  title: 'No AI provider answered',
  detail: 'Try again in a few seconds.',
}

const answerInterrupted: Problem = {
  type: problemType('answer-interrupted'),
  status: 502,
  title: 'The AI provider stopped in the middle of its answer',
  detail: 'What it said so far is kept in the conversation. Ask again to get another answer.',
}

/** How long a client is asked to wait for what is down, in seconds. */
const retryAfterSeconds = '5'

/** Thrown for a template that does not exist. */
export class TemplateNotFoundError extends Error {
  override readonly name = 'TemplateNotFoundError'
}

/** What an error of Alfred's means to a client; `undefined` for errors that are bugs. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof SessionNotFoundError) return sessionNotFound
  if (error instanceof TemplateNotFoundError) return templateNotFound
  if (error instanceof DatabaseUnavailableError) return databaseUnavailable
  if (error instanceof ProvidersUnavailableError) return providersUnavailable
  if (error instanceof AnswerInterruptedError) return answerInterrupted
  return undefined
}

/** Tells the client when to come back, for problems that pass. */
function setRetryAfter(response: ServerResponse, { status }: Problem): void {
  if (status === 503 && !response.headersSent) response.setHeader('Retry-After', retryAfterSeconds)
}

/** What is told of Alfred's own failures. */
export interface FailureListener {
  readonly trackError: (error: unknown, request: IncomingMessage) => void
}

/** Answers Alfred's own errors; the hardening's error handler behind it answers the rest. */
export function createProblemHandler({ trackError }: FailureListener): ErrorMiddleware {
  return (error, request, response, next) => {
    if (error instanceof ClientGoneError) {
      response.destroy()
      return
    }
    const problem = problemOf(error)
    if (!problem) {
      next(error)
      return
    }
    if (problem.status >= 500) trackError(error, request)
    setRetryAfter(response, problem)
    sendProblem(request, response, problem)
  }
}
