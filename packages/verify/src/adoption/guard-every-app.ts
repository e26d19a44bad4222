/** Loaded before Express' tests: every application that they create has the whole stack in front, with its defaults. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { alfredHardening } from '@alfred/prod-security'
import type { Express } from 'express'

const require = createRequire(join(process.cwd(), 'package.json'))
const file = require.resolve(process.cwd())
const createApp = require(file) as () => Express & { handle: (...parameters: unknown[]) => unknown }

/** The settings of an application are made before its router, and the router with the first middleware. */
function createGuardedApp(): Express {
  const app = createApp()
  const { handle } = app
  let isGuarded = false
  app.handle = (...parameters) => {
    if (!isGuarded) {
      isGuarded = true
      app.use(alfredHardening())
      const { stack } = app.router as unknown as { readonly stack: unknown[] }
      stack.unshift(stack.pop())
    }
    return Reflect.apply(handle, app, parameters)
  }
  return app
}

const described = Object.getOwnPropertyDescriptors(createApp)
for (const [name, descriptor] of Object.entries(described)) {
  if (!(name in Function.prototype) && name !== 'prototype')
    Object.defineProperty(createGuardedApp, name, descriptor)
}
const loaded = require.cache[file]
if (loaded) loaded.exports = createGuardedApp
