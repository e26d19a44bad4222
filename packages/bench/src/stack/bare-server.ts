import express from 'express'
import { serveForParent } from '../load/forked-server.ts'
import { addRoutes } from './application.ts'

const app = express()
addRoutes(app)
await serveForParent(app)
