import { type Middleware, sendProblem } from '@alfred/core'

const notFound = { type: 'about:blank', status: 404, title: 'Not Found' }

/** Answers every request that reaches it with a 404 problem. */
export const notFoundHandler: Middleware = (request, response) => {
  sendProblem(request, response, notFound)
}
