; Inno Setup 6: `make installer` on Windows, after `make package`. Installs for one user; no administrator is asked for.
;   iscc /DVersion=0.1.0 packaging\windows\jumpseat.iss
; Makes dist\jumpseat-VERSION-windows-x64-setup.exe. With /DSign it is signed by the tool that is set up as "jumpseat"
; in Inno Setup (iscc "/Sjumpseat=signtool sign ... $f").

#ifndef Version
  #error Say which version: iscc /DVersion=0.1.0
#endif
#define Program "jumpseat-tray.exe"
#define RunKey "Software\Microsoft\Windows\CurrentVersion\Run"

[Setup]
AppId={{6B1B6D0C-6A0E-4B86-9E0B-3D2D5F7C9A14}
AppName=Jumpseat
AppVersion={#Version}
AppVerName=Jumpseat {#Version}
AppPublisher=Jumpseat maintainers
VersionInfoVersion={#Version}
DefaultDirName={localappdata}\Programs\Jumpseat
DefaultGroupName=Jumpseat
DisableProgramGroupPage=yes
DisableDirPage=auto
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
SetupIconFile=..\..\assets\jumpseat.ico
UninstallDisplayIcon={app}\{#Program}
OutputDir=..\..\dist
OutputBaseFilename=jumpseat-{#Version}-windows-x64-setup
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
; The program has no window that could be asked to close: EndRunning does it.
CloseApplications=no
ChangesEnvironment=yes
#ifdef Sign
SignTool=jumpseat
SignedUninstaller=yes
#endif

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"

[Tasks]
Name: "autostart"; Description: "Start Jumpseat at login"; Flags: unchecked
Name: "path"; Description: "Make the command ""jumpseat"" available in terminals"

[Files]
Source: "..\..\dist\jumpseat\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs
Source: "..\..\dist\THIRD-PARTY.txt"; DestDir: "{app}"; Flags: ignoreversion
Source: "..\..\LICENSE"; DestDir: "{app}"; Flags: ignoreversion

[InstallDelete]
; Modules of the version before must not be found by this one.
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{group}\Jumpseat"; Filename: "{app}\{#Program}"; AppUserModelID: "io.github.jumpseat"

[Registry]
; The same value that "Start at login" in the program writes and reads.
Root: HKCU; Subkey: "{#RunKey}"; ValueType: string; ValueName: "Jumpseat"; ValueData: """{app}\{#Program}"" --hidden"; Tasks: autostart
; Whoever switched it on later, in the program: the uninstaller takes it away as well.
Root: HKCU; Subkey: "{#RunKey}"; ValueType: none; ValueName: "Jumpseat"; Flags: uninsdeletevalue
Root: HKCU; Subkey: "Environment"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; Tasks: path; Check: IsNotOnPath

[Run]
Filename: "{app}\{#Program}"; Description: "Start Jumpseat"; Flags: nowait postinstall skipifsilent

[UninstallDelete]
Type: filesandordirs; Name: "{app}\_internal"
Type: dirifempty; Name: "{app}"

[Code]
function PathOfUser(): String;
begin
  if not RegQueryStringValue(HKCU, 'Environment', 'Path', Result) then
    Result := '';
end;

function IsNotOnPath(): Boolean;
begin
  Result := Pos(';' + Lowercase(ExpandConstant('{app}')) + ';', ';' + Lowercase(PathOfUser()) + ';') = 0;
end;

procedure TakeOffPath();
var
  Before, After: String;
begin
  Before := ';' + PathOfUser() + ';';
  After := Before;
  StringChangeEx(After, ';' + ExpandConstant('{app}') + ';', ';', True);
  if After <> Before then
    RegWriteExpandStringValue(HKCU, 'Environment', 'Path', Copy(After, 2, Length(After) - 2));
end;

{ Ends a running Jumpseat of this user: its history loses a second at most. }
procedure EndRunning();
var
  Code: Integer;
  Taskkill: String;
begin
  Taskkill := ExpandConstant('{sys}\taskkill.exe');
  Exec(Taskkill, '/T /IM jumpseat-tray.exe', '', SW_HIDE, ewWaitUntilTerminated, Code);
  Sleep(1500);
  Exec(Taskkill, '/F /T /IM jumpseat-tray.exe', '', SW_HIDE, ewWaitUntilTerminated, Code);
  Exec(Taskkill, '/F /T /IM jumpseat.exe', '', SW_HIDE, ewWaitUntilTerminated, Code);
end;

function PrepareToInstall(var NeedsRestart: Boolean): String;
begin
  EndRunning();
  Result := '';
end;

function InitializeUninstall(): Boolean;
begin
  EndRunning();
  Result := True;
end;

{ What the user keeps (settings, history, logs) goes only if the user says so; the default is to leave it. }
procedure CurUninstallStepChanged(Step: TUninstallStep);
var
  Kept: String;
begin
  if Step <> usPostUninstall then
    Exit;
  TakeOffPath();
  Kept := ExpandConstant('{localappdata}\jumpseat');
  if DirExists(Kept) and not UninstallSilent() then
    if MsgBox('Delete your settings and the history of requests as well?' + #13#10 + Kept + #13#10#13#10 +
        'The sign-in stays in the Windows Credential Manager; sign out in Jumpseat before, or delete it there.',
        mbConfirmation, MB_YESNO or MB_DEFBUTTON2) = IDYES then
      DelTree(Kept, True, True, True);
end;
