import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { addVary } from './vary.ts'

describe('addVary', () => {
  it.each<[string | string[] | undefined, string, string]>([
    [undefined, 'Origin', 'Origin'],
    ['', 'Origin', 'Origin'],
    ['Accept-Encoding', 'Origin', 'Accept-Encoding, Origin'],
    ['Origin', 'Origin', 'Origin'],
    ['accept, ORIGIN', 'Origin', 'accept, ORIGIN'],
    ['*', 'Origin', '*'],
    [['Accept', 'Cookie'], 'Origin', 'Accept, Cookie, Origin'],
    ['Accept', 'Accept, Origin', 'Accept, Origin'],
  ])('%j and %s make %s', (before, field, expected) => {
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    if (before !== undefined) response.setHeader('Vary', before)
    addVary(response, field)
    expect(response.getHeader('vary')).toBe(expected)
  })
})
