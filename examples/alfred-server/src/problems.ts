import { type ErrorMiddleware, type Problem, problemType, sendProblem } from '@alfred/core'
import type { IncomingMessage } from 'node:http'
import { BudgetExceededError } from './budget/budget.ts'
import { budgetPolicy } from './budget/budget-policy.ts'
import { MessageNotFoundError, SessionNotFoundError } from './chat/not-found.ts'
import { AnswerFailedError } from './chat/answer-failed-error.ts'
import { DatabaseUnavailableError } from './database/database.ts'
import {
  AnswerInterruptedError,
  type FailureReason,
  ProvidersUnavailableError,
  QuestionRefusedError,
} from './providers/provider-failure.ts'

const sessionNotFound: Problem = {
  type: problemType('session-not-found'),
  status: 404,
  title: 'There is no such conversation',
  detail: 'Send the message without a sessionId to begin a new conversation.',
}

const messageNotFound: Problem = {
  type: problemType('message-not-found'),
  status: 404,
  title: 'There is no such answer',
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

const budgetExceeded: Problem = {
  type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  status: 429,
  title: 'The budget is used up',
  detail: 'The rest does not cover the longest possible answer. Retry when answers in progress have ended.',
  extensions: { 'violated-policies': [budgetPolicy] },
}

const providersBusy: Problem = {
  type: problemType('providers-busy'),
  status: 503,
  title: 'The AI provider takes no more questions at the moment',
  detail: 'Try again after the time that Retry-After names.',
}

const questionTooLong: Problem = {
  type: problemType('question-too-long'),
  status: 422,
  title: 'The conversation is too long for the model',
  detail: 'Begin a new conversation, or ask a shorter question.',
}

const questionRefused: Problem = {
  type: problemType('question-refused'),
  status: 422,
  title: 'The AI provider does not answer this question',
  detail: 'Ask in other words.',
}

const refusals: Readonly<Partial<Record<FailureReason, Problem>>> = {
  'context-too-long': questionTooLong,
  'too-large': questionTooLong,
}

const answerInterrupted: Problem = {
  type: problemType('answer-interrupted'),
  status: 502,
  title: 'The AI provider stopped in the middle of its answer',
  detail: 'What it said so far is kept in the conversation. Ask again to get another answer.',
}

/** How long a client is asked to wait for what is down, in seconds, where nobody knows better. */
const defaultRetrySeconds = 5

/** Thrown for a template that does not exist. */
export class TemplateNotFoundError extends Error {
  override readonly name = 'TemplateNotFoundError'
}

/** What an error of Alfred's means to a client; `undefined` for errors that are bugs. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof SessionNotFoundError) return sessionNotFound
  if (error instanceof MessageNotFoundError) return messageNotFound
  if (error instanceof TemplateNotFoundError) return templateNotFound
  if (error instanceof DatabaseUnavailableError) return databaseUnavailable
  if (error instanceof ProvidersUnavailableError) return error.isBusy ? providersBusy : providersUnavailable
  if (error instanceof QuestionRefusedError) return refusals[error.reason] ?? questionRefused
  if (error instanceof AnswerInterruptedError) return answerInterrupted
  if (error instanceof AnswerFailedError) return error.problem
  if (error instanceof BudgetExceededError) return budgetExceeded
  return undefined
}

/** When a client may try again, in whole seconds; `undefined` for problems that do not pass by themselves. */
export function retryAfterSeconds(error: unknown): number | undefined {
  if (error instanceof AnswerFailedError || error instanceof BudgetExceededError) {
    return error.retryAfterSeconds
  }
  if (error instanceof ProvidersUnavailableError) return Math.max(1, Math.ceil(error.retryAfterMs / 1000))
  return problemOf(error)?.status === 503 ? defaultRetrySeconds : undefined
}

/** Whether a failure is somebody's to mend: nobody is told that a provider has no time, or of a refusal. */
export const isFault = (error: unknown): boolean =>
  (problemOf(error)?.status ?? 500) >= 500 && !(error instanceof ProvidersUnavailableError && error.isBusy)

/** What is told of Alfred's own failures. */
export interface FailureListener {
  readonly trackError: (error: unknown, request: IncomingMessage) => void
}

/** Answers Alfred's own errors; the hardening's error handler behind it answers the rest. */
export function createProblemHandler({ trackError }: FailureListener): ErrorMiddleware {
  return (error, request, response, next) => {
    const problem = problemOf(error)
    if (!problem) {
      next(error)
      return
    }
    // What became of an answer was noted where it was made.
    if (isFault(error) && !(error instanceof AnswerFailedError)) trackError(error, request)
    const seconds = retryAfterSeconds(error)
    if (seconds !== undefined && !response.headersSent) response.setHeader('Retry-After', seconds)
    sendProblem(request, response, problem)
  }
}
