* A portable file with all kinds of user-missing values.
DATA LIST LIST /id (A3) trust (F8.2) hours (F8.2) day (DATE11) brand (A3).
BEGIN DATA
007 1 -9 01-JAN-2020 abc
010 99 5.5 . 007
011 98 -3 02-FEB-1999 ""
END DATA.
VARIABLE LABELS trust 'Trust in people' hours 'Hours of television'.
VALUE LABELS trust 1 'yes' 99 'refused' /brand '007' 'the other one'.
MISSING VALUES trust (98, 99) hours (LOWEST THRU -1) brand ('007').
EXPORT OUTFILE='missing.por'.

* A system file in Windows-1252, as SPSS wrote them for long.
NEW FILE.
SET LOCALE='en_US.cp1252'.
DATA LIST LIST /id (A3) city (A10) size (F8.0).
BEGIN DATA
001 x 1
END DATA.
COMPUTE city = 'Zoë'.
VARIABLE LABELS size 'Größe'.
VALUE LABELS size 1 'Ärzte'.
SAVE OUTFILE='cp1252.sav'.
