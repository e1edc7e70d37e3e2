import start from '../notes/age.js';
import { cold } from '../page/cold.js';

cold(start);
