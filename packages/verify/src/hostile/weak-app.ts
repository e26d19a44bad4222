import type { RequestListener } from 'node:http'
import { markers } from './requests/markers.ts'

const kept: number[][] = []

/**
 * The control: an application with the faults that a run has to find. It shows its errors, its secrets and what it was
 * sent, keeps memory, forgets to answer, and lets errors end the process.
 */
export const weakApp: RequestListener = (request, response) => {
  kept.push(Array.from({ length: 20_000 }, (_, index) => index + 0.5))
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString()
    if (request.headers.range !== undefined) return
    if (request.headers.cookie !== undefined) throw new Error('no session')
    try {
      const url = new URL(request.url ?? '', 'http://localhost')
      if (text !== '') JSON.parse(text)
      response.end(`${url.pathname} ${JSON.stringify(request.headers)}`)
    } catch (error) {
      response.statusCode = 500
      response.end(`${String(error)} ${markers.planted} ${error instanceof Error ? String(error.stack) : ''}`)
    }
  })
}
