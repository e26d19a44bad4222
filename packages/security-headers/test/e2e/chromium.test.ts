/** What a real browser makes of these headers. The cases share one: each browser takes seconds to start. */
import { afterAll, beforeAll } from 'vitest'
import { startBrowser, stopBrowser } from './browser.ts'
import './cors-cases.ts'
import './csrf-cases.ts'
import './embedding-cases.ts'
import './policy-cases.ts'
import './report-cases.ts'

beforeAll(startBrowser)
afterAll(stopBrowser)
