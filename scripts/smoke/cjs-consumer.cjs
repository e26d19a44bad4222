const { alfredHardening } = require('@alfred/prod-security')
const express = require('express')

void import('./ask-guarded-server.mjs').then(({ askGuardedServer }) =>
  askGuardedServer(alfredHardening, express),
)
