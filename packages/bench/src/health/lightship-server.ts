import { createLightship } from 'lightship'
import { tellParent } from './serve-peer.ts'

// Outside Kubernetes it takes a free port.
const lightship = await createLightship()
lightship.signalReady()
tellParent(lightship.server)
