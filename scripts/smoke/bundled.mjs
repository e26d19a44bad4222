/** A guarded application with a field, as it is bundled: what is external is loaded from beside the bundle. */
import { alfredHardening, chatMessage } from '@alfred/prod-security'
import express from 'express'
import { askGuardedServer } from './ask-guarded-server.mjs'

chatMessage()
// CommonJS has no await at the top.
void askGuardedServer(alfredHardening, express)
