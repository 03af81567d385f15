// The browsers that every page must work in. Both classes have the same methods; what `open` gives
// stands for a tab and is handed back to them.

import { Chromium } from './chromium.mjs';
import { Firefox } from './firefox.mjs';

export const BROWSERS = [Chromium, Firefox];
