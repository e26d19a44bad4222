import { chatMessage } from '@alfred/input-validation'
import { z } from 'zod'
import type { ProviderName } from '../providers/chat-provider.ts'

/** What a question may consist of, by HTTP and by WebSocket. */
export const questionSchema = (providers: readonly ProviderName[]) =>
  z.strictObject({
    message: chatMessage(),
    sessionId: z.uuid().optional(),
    provider: z.enum(providers).optional(),
  })
