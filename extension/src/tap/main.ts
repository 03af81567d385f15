// The tap: runs in the page's own world before its scripts, reads what the page's streams bring,
// changes nothing. It holds no secret: a page could read all that it is told.

import type { ToTap } from '../shared/channel';
import { offerPort } from '../shared/handshake';
import { tapFetch } from './fetch';
import { Hub } from './hub';
import { messageData } from './natives';
import { tapEventSource, tapWebSocket } from './sockets';
import { tapXhr } from './xhr';

const { port1, port2 } = new MessageChannel();
const hub = new Hub(port2);
port1.onmessage = (event) => hub.hear(messageData(event) as ToTap);
tapFetch(hub);
tapXhr(hub);
tapEventSource(hub);
tapWebSocket(hub);
offerPort(port2);
