import { createServer } from 'node:http'
import { readRedisConnection } from '@alfred/core/redis'
import { createFileClientKeyStore } from '@alfred/key-vault/client-keys'
import { alfredHardening, type AlfredConfig } from '@alfred/prod-security'
import express from 'express'

const config: AlfredConfig = { cors: { origin: ['https://app.example.com'] }, trustProxy: 1 }
const guard = alfredHardening(config)
const app = express()
app.use(guard)
app.use(guard.notFoundHandler, guard.errorHandler)
export const server = guard.hardenServer(createServer(app))
export const ready: Promise<void> = guard.ready()
export const ofSubpaths = [createFileClientKeyStore, readRedisConnection]
