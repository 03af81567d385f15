// The adapter of the test pages.

export function site(origin, change = {}) {
  return {
    name: 'chat',
    origin,
    adapter: {
      schema: 1,
      name: 'test-chat',
      title: 'Test chat',
      revision: 1,
      terms: 'Ours.',
      page: { start: '/', deny: ['/admin/**'], proof: [{ css: '#log' }], needs_visible: false },
      locators: {
        composer: [{ css: '#composer' }],
        send: [{ css: '#send' }],
        stop: [{ css: '#stop', visible: true }],
        new_chat: [{ css: '#new' }],
        answer: [{ css: '.answer' }],
      },
      composer: { kind: 'textarea' },
      send: { by: ['click', 'enter'], accepted: ['tap_opened', 'stop_visible'], proof_ms: 1000 },
      new_chat: 'click',
      signals: {
        challenge: [{ shown: { css: '#challenge' } }],
        consent: [{ shown: { css: '#consent' } }],
        signed_out: [{ shown: { css: '#login' } }],
        rate_limited: [{ shown: { css: '#toast' } }],
        done: [{ gone: 'stop' }],
      },
      tap: [
        { transport: 'fetch', path: '/send', method: 'POST', standing: false },
        { transport: 'fetch', path: '/events', standing: false },
        { transport: 'xhr', path: '/send', standing: false },
        { transport: 'eventsource', path: '/events', standing: false },
        { transport: 'websocket', path: '/socket', standing: true },
      ],
      answer: { kind: 'records', text: [{ pointer: '/text' }], done_data: '[DONE]' },
      models: {},
      limits: { reopen_after: 0 },
      ...change,
    },
  };
}
