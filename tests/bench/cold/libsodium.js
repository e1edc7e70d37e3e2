import start from '../notes/libsodium.js';
import { cold } from '../page/cold.js';

cold(start);
