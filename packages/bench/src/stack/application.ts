import type { Express } from 'express'

/** The one request of this area; both policies apply to it. */
export const path = '/api/alfred/chat/conversations?limit=3'

/** The page that a browser of a user sends the request from. */
export const pageOrigin = 'https://app.example.com'

const conversations = [
  { id: 'cnv_01', title: 'Reverse a linked list', messages: 12, updatedAt: '2026-01-04T10:12:00.000Z' },
  { id: 'cnv_02', title: 'Explain this stack trace', messages: 4, updatedAt: '2026-01-03T17:40:00.000Z' },
  { id: 'cnv_03', title: 'Write tests for a parser', messages: 31, updatedAt: '2026-01-02T08:05:00.000Z' },
]

/** The same small application behind every contender's middleware. */
export function addRoutes(app: Express): void {
  app.get('/api/alfred/chat/conversations', (request, response) => {
    response.json({ conversations: conversations.slice(0, Number(request.query['limit'])) })
  })
}
