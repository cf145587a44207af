/** What names and titles of places hold, in both languages. */
export const REGION = /country|region|province|state|city|area|district|国家|地区|区域|省|市|州/i;
