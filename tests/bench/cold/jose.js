import start from '../notes/jose.js';
import { cold } from '../page/cold.js';

cold(start);
