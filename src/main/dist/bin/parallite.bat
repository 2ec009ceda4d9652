@echo off
rem Parallite: finds Java 25 or newer and runs the daemon on it.
rem
rem   PARALLITE_JAVA        the Java to use: a home directory or java.exe (default: the one in runtime, where
rem                         Parallite brings its own; else JAVA_HOME, the java on the PATH, the newest in the
rem                         usual places)
rem   PARALLITE_JAVA_OPTS   options for it, after those of lib\jvm.options, e.g. -Xmx256m
setlocal EnableExtensions DisableDelayedExpansion
for %%d in ("%~dp0..") do set "home=%%~fd"
set "lib=%home%\lib"
set "java_needed=25"

set "java="
if not defined PARALLITE_JAVA goto search
if exist "%PARALLITE_JAVA%\bin\java.exe" set "java=%PARALLITE_JAVA%\bin\java.exe"
if not defined java if /i "%PARALLITE_JAVA:~-4%"==".exe" if exist "%PARALLITE_JAVA%" set "java=%PARALLITE_JAVA%"
if defined java goto run
>&2 echo parallite: PARALLITE_JAVA=%PARALLITE_JAVA% holds no java; set it to the home of Java %java_needed% or newer
exit /b 78

:search
if exist "%home%\runtime\bin\java.exe" set "java=%home%\runtime\bin\java.exe"
if defined java goto run
set /a "newest=java_needed - 1"
if defined JAVA_HOME call :look_at "%JAVA_HOME%"
if defined java goto run
for %%j in (java.exe) do if not "%%~$PATH:j"=="" call :look_at "%%~dp$PATH:j.."
if defined java goto run
for /d %%d in ("%ProgramFiles%\Eclipse Adoptium\*" "%ProgramFiles%\Java\*" "%ProgramFiles%\Microsoft\jdk*" "%USERPROFILE%\.jdks\*") do call :look_at "%%~fd"
if defined java goto run
>&2 echo parallite: no Java %java_needed% or newer found; install one, or set PARALLITE_JAVA to its home
exit /b 78

rem Commands that talk to a running daemon take a small part of its jars.
:run
set "jar=parallite-cli.jar"
set "short=-XX:TieredStopAtLevel=1"
set "first=%~1"
if not defined first goto daemon
if "%first%"=="bench" goto daemon
for %%o in (-h --help -V --version) do if "%first%"=="%%o" goto start
if "%first:~0,1%"=="-" goto daemon
goto start

:daemon
set "jar=quarkus-run.jar"
set "short="

:start
"%java%" "@%lib%\jvm.options" %short% %PARALLITE_JAVA_OPTS% "-Dparallite.home=%home%" -jar "%lib%\%jar%" %*
exit /b %ERRORLEVEL%

rem Sets java and newest when the Java in directory %1 is newer than what has been found.
:look_at
if not exist "%~1\bin\java.exe" exit /b 0
if not exist "%~1\release" exit /b 0
set "version=0"
for /f "usebackq tokens=1,2 delims==." %%k in ("%~1\release") do if "%%k"=="JAVA_VERSION" set "version=%%l"
set "version=%version:"=%"
for /f "delims=-+_" %%v in ("%version%") do set "version=%%v"
if %version% gtr %newest% (
    set "java=%~1\bin\java.exe"
    set "newest=%version%"
)
exit /b 0
