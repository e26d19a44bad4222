import { afterEach, beforeEach, expect, type Mock, vi } from 'vitest'

const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const

/** A library that prints is a bug: every test fails on any console call. */
let spies: Mock[] = []

beforeEach(() => {
  spies = methods.map((method) => vi.spyOn(console, method))
})

afterEach(() => {
  for (const spy of spies) expect(spy.mock.calls, `${spy.getMockName()} was called`).toEqual([])
})
