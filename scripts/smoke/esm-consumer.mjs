import { alfredHardening } from '@alfred/prod-security'
import express from 'express'
import { askGuardedServer } from './ask-guarded-server.mjs'

await askGuardedServer(alfredHardening, express)
