import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { clearSiteData, type SiteData } from './clear-site-data.ts'

describe('clearSiteData', () => {
  it.each<[SiteData[] | undefined, string]>([
    [undefined, '"cache", "cookies", "storage"'],
    [['*'], '"*"'],
    [['cookies', 'executionContexts'], '"cookies", "executionContexts"'],
  ])('%j', (kinds, expected) => {
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    clearSiteData(response, kinds)
    expect(response.getHeader('clear-site-data')).toBe(expected)
    expect(response.getHeader('cache-control')).toBe('no-store')
  })
})
